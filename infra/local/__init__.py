"""The embedded wiring, and the ``promptlake`` command."""
