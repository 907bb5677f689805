"""The only definition of an event, and everything that is derived from it. A leaf: pydantic and stdlib only."""
