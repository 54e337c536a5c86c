"""VarD.v's requests, carried out on etcd's tree (docs/vard-protocol.md)."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from vard_http.store.clients import Output, Refusal
from vard_http.store.encoding import KEYS_PREFIX
from vard_http.store.errors import NOT_A_DIRECTORY, NOT_A_FILE, StoreError
from vard_http.store.store import Store
from vard_http.store.tree import Directory

Operation: TypeAlias = Literal["get", "put", "del", "cas", "cad"]

MAX_VALUE: Final = 65_536
"""Bytes; in vard a request has to fit into one datagram between its nodes."""

_ALPHABET: Final = b"/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_REFUSALS: Final = {NOT_A_FILE: Refusal.DIRECTORY, NOT_A_DIRECTORY: Refusal.BELOW_A_KEY}


def path_of(key: bytes) -> bytes:
    """The file that `key` is: that of /v2/keys/KEY, so that needless slashes make no difference."""
    return b"/".join([KEYS_PREFIX, *filter(None, key.split(b"/"))])


def is_word(value: bytes) -> bool:
    """Whether vard's protocol can tell `value`: letters, digits and slashes, or a dash alone."""
    if not 0 < len(value) <= MAX_VALUE:
        return False
    return not value.translate(None, _ALPHABET) or value == b"-"


def handle(
    store: Store, operation: Operation, key: bytes, value: bytes, expected: bytes | None, now: int
) -> Output:
    """VarD.v `VarDHandler`.

    A directory is no key: it has no value, and none can be given to it. What vard cannot tell it
    does not change either: a file whose value is not a word is left alone.
    """
    path = path_of(key)
    found = store.look_up(path) if operation == "get" else store.peek(path)
    old = None if found is None or isinstance(found, Directory) else found.value
    if old is not None and not is_word(old):
        return Output(key, None, None, Refusal.FOREIGN_VALUE)
    if operation == "get":
        return Output(key, old, old)
    creates = operation == "put" or (operation == "cas" and expected is None)
    if creates and isinstance(found, Directory):
        return Output(key, None, None, Refusal.DIRECTORY)
    try:
        after = _change(store, operation, path, value, expected, now)
    except StoreError as error:
        refusal = _REFUSALS.get(error.code, Refusal.NONE) if creates else Refusal.NONE
        return Output(key, old, old, refusal)
    return Output(key, after, old)


def _change(
    store: Store, operation: Operation, path: bytes, value: bytes, expected: bytes | None, now: int
) -> bytes | None:
    """The value afterwards. Raises StoreError, and then nothing has changed."""
    if operation == "put":
        store.set(path, value, now=now)
        return value
    if operation == "cas":
        if expected is None:
            store.create(path, value, now=now)
        else:
            store.compare_and_swap(path, value, prev_value=expected, now=now)
        return value
    if operation == "cad":
        store.compare_and_delete(path, prev_value=expected, now=now)
    else:
        store.delete(path, now=now)
    return None
