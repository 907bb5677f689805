"""Any JSONL or CSV log becomes contract events through a declarative mapping. The language: docs/mappings.md."""
