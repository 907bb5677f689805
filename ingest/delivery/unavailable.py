"""How delivery says that it can't take anything now."""


class Unavailable(Exception):
    """For a reason that passes: whoever sent may send again. The message is one sentence."""
