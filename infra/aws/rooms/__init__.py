"""The stack's constructs, one a room of the architecture."""
