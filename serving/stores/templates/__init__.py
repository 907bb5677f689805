"""Where templates are kept: one layout of keys and documents, over a table in SQLite or in DynamoDB."""
