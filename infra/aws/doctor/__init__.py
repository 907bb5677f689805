"""Looks at a stage in its account, and says what to mend."""
