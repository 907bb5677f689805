"""The rules that a state must pass before anyone may read it."""
