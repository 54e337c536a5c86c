"""What can go wrong, as exceptions: the server's refusals, and the cluster that cannot be reached.

Codes and messages are etcd's (docs/etcd-v2-contract.md, 7).
"""

from __future__ import annotations

from collections.abc import Mapping


class ClientError(Exception):
    """The base of all errors of this client."""


class EtcdError(ClientError):
    """A refusal of /v2/keys: the server answered, and says why not.

    `code`, `message` and `cause` are the server's; `index` is the etcd index at which it refused,
    0 where the request did not come as far as the store.
    """

    def __init__(self, code: int, message: str, cause: str = "", index: int = 0) -> None:
        super().__init__(code, message, cause, index)
        self.code = code
        self.message = message
        self.cause = cause
        self.index = index

    def __str__(self) -> str:
        """As etcdctl prints it: `100: Key not found (/a) [7]`."""
        return f"{self.code}: {self.message} ({self.cause}) [{self.index}]"


class KeyNotFound(EtcdError):
    """100: the key, or a directory above it, does not exist."""


class CompareFailed(EtcdError):
    """101: `prev_value` or `prev_index` did not match; `cause` tells both sides."""


class NotFile(EtcdError):
    """102: the operation is for files, the key is a directory."""


class NotDirectory(EtcdError):
    """104: a file stands where the path needs a directory."""


class NodeExists(EtcdError):
    """105: `prev_exist=False`, but the key exists."""


class RootReadOnly(EtcdError):
    """107: the root can be neither written nor deleted."""


class DirectoryNotEmpty(EtcdError):
    """108: the directory has children (hidden ones count), and `recursive` was not given."""


class Unauthorized(EtcdError):
    """110: the user, or guest, may not do this."""


class InvalidRequest(EtcdError):
    """201 to 212: the server does not accept a parameter."""


class RaftInternal(EtcdError):
    """300: the server could not have it agreed upon.

    Raised for what was refused before anything was proposed (too many requests, a full disk).
    Where a write may have happened `OutcomeUnknown` is raised.
    """


class EventIndexCleared(EtcdError):
    """401: the history no longer holds the events from the index asked for on."""


class ApiError(ClientError):
    """A refusal of the endpoints beside /v2/keys (members, auth, stats): `status` and `message`.

    A `status` of 500 after a change leaves open whether it happened: etcd answers alike when it
    refuses a change of members and when it waited in vain for the cluster to agree.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message

    def __str__(self) -> str:
        return f"{self.message} (HTTP status {self.status})"


class ClusterUnavailable(ClientError):
    """No endpoint gave an answer. `errors` has one reason an endpoint, in the order of trying."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(dict(errors))
        self.errors = dict(errors)

    def __str__(self) -> str:
        reasons = "; ".join(f"{endpoint}: {reason}" for endpoint, reason in self.errors.items())
        return f"no endpoint answered: {reasons}"


class OutcomeUnknown(ClusterUnavailable):
    """A write was sent, and no answer tells whether it happened; it may still happen later.

    It was not repeated. The last of `errors` is the endpoint that it was sent to.
    """

    def __str__(self) -> str:
        reasons = "; ".join(f"{endpoint}: {reason}" for endpoint, reason in self.errors.items())
        return f"the write may or may not have happened: {reasons}"


class InvalidAnswer(ClientError):
    """The server's answer is not one of etcd's v2 API; carries its beginning."""


class NotHeld(ClientError):
    """The lock is not held, or nobody was elected, so there is no fencing index."""


_BY_CODE: dict[int, type[EtcdError]] = {
    100: KeyNotFound,
    101: CompareFailed,
    102: NotFile,
    104: NotDirectory,
    105: NodeExists,
    107: RootReadOnly,
    108: DirectoryNotEmpty,
    110: Unauthorized,
    300: RaftInternal,
    301: RaftInternal,
    401: EventIndexCleared,
}


def etcd_error(code: int, message: str, cause: str, index: int) -> EtcdError:
    """The exception for one of etcd's codes; codes without a class of their own give the base."""
    known = InvalidRequest if 200 <= code < 300 else EtcdError
    return _BY_CODE.get(code, known)(code, message, cause, index)
