"""One file a command of `promptlake`."""
