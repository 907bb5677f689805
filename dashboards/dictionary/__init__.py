"""The data dictionary: every table, what its columns mean, what must hold of them, and what they are computed from."""
