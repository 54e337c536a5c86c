"""How commands fail: with a text on standard error, and with etcdctl's exit statuses."""

from __future__ import annotations

from enum import IntEnum

from vard_http.client import ClientError, ClusterUnavailable


class Exit(IntEnum):
    """etcdctl's exit statuses."""

    SUCCESS = 0
    BAD_ARGUMENTS = 1
    BAD_CONNECTION = 2
    BAD_AUTH = 3
    SERVER_ERROR = 4
    UNHEALTHY = 5


class Failed(Exception):
    """Ends the command: `message` is a line for standard error, `status` is for the shell."""

    def __init__(self, status: int, message: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def failed(status: int, reason: object) -> Failed:
    """A failure that is told as etcdctl tells it: `Error:  100: Key not found (/a) [7]`."""
    return Failed(status, f"Error:  {reason}")


def failure_of(error: ClientError) -> Failed:
    """The failure that an error of the client is, unless a command knows better."""
    unreached = isinstance(error, ClusterUnavailable)
    return failed(Exit.BAD_CONNECTION if unreached else Exit.SERVER_ERROR, error)
