"""How a door says that it can't take what it was given at all."""


class ImportRefused(Exception):
    """A file or mapping can't be used. The message is one sentence or two: where, what, and what to do."""
