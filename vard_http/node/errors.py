"""What keeps a node from starting."""


class StartError(Exception):
    """The node cannot start as it is configured; the message says why."""
