"""The operations of /v2/keys as calls: each function gives the request and how to read its answer.

The two clients turn these functions into methods of the same names.
"""

from __future__ import annotations

from vard_http.client.model import Result, read_result
from vard_http.client.requests import Call, Request, form_request, get_request, key_path, with_query

Parameters = dict[str, str | int | bool | None]


def get(
    key: str, *, recursive: bool = False, sorted: bool = False, quorum: bool = False
) -> Call[Result]:
    """A file's value, or a directory's children (`recursive`: its whole tree).

    Without `quorum` the answer is what one member knows, which may be older than what another
    has answered; with it, it is linearizable. `sorted` sorts every level by key. Raises
    KeyNotFound, NotDirectory, Unauthorized, ClusterUnavailable.
    """
    flags = {"recursive": recursive, "sorted": sorted, "quorum": quorum}
    query: Parameters = {name: True for name, given in flags.items() if given}
    return Call(get_request(key_path(key), query), read_result)


def set(
    key: str,
    value: str | None,
    *,
    ttl: int | None = None,
    prev_value: str | None = None,
    prev_index: int | None = None,
    prev_exist: bool | None = None,
    refresh: bool = False,
) -> Call[Result]:
    """Write a file; its parents are made as needed.

    With `prev_value` or `prev_index` (a `modified_index`) only if the file is still that
    (compare-and-swap); with `prev_exist` True only if the key exists (update), with False only if
    it does not (create). `ttl` is in seconds; without it an earlier TTL is dropped. `refresh`
    gives a new `ttl` and keeps the value (`value` must be None), and no watcher is told.

    Raises KeyNotFound, CompareFailed, NotFile, NotDirectory, NodeExists, RootReadOnly,
    Unauthorized; OutcomeUnknown if it may have happened; ClusterUnavailable if it did not.
    ValueError for what the server would misread.
    """
    if refresh and (value or ttl is None):
        raise ValueError("refresh needs a ttl, and value=None")
    _check(ttl, prev_value, prev_index)
    form: Parameters = {
        "value": None if refresh else (value or ""),
        "ttl": ttl,
        "prevValue": prev_value,
        "prevIndex": prev_index,
        "prevExist": prev_exist,
        "refresh": True if refresh else None,
    }
    return Call(form_request("PUT", key_path(key), form), read_result)


def refresh(key: str, *, ttl: int, prev_exist: bool | None = True) -> Call[Result]:
    """A new TTL for a file or directory that exists; value and watchers are left alone.

    Raises as `set` does.
    """
    return set(key, None, ttl=ttl, prev_exist=prev_exist, refresh=True)


def make_directory(
    key: str, *, ttl: int | None = None, prev_exist: bool | None = None
) -> Call[Result]:
    """Make a directory; with `prev_exist=True` give an existing one a new TTL (None: none).

    Without `prev_exist` a file of that name is replaced, and an existing directory is refused
    with NotFile; with False anything of that name is refused with NodeExists. Raises as `set`
    does.
    """
    _check(ttl)
    form: Parameters = {"dir": True, "ttl": ttl, "prevExist": prev_exist}
    return Call(form_request("PUT", key_path(key), form), read_result)


def create_in_order(key: str, value: str, *, ttl: int | None = None) -> Call[Result]:
    """Make a file in the directory `key` with a name that sorts after all made before it.

    The name is the event's index with 20 digits; `node.key` tells it. Raises as `set` does.
    """
    _check(ttl)
    return Call(form_request("POST", key_path(key), {"value": value, "ttl": ttl}), read_result)


def delete(
    key: str,
    *,
    recursive: bool = False,
    dir: bool = False,
    prev_value: str | None = None,
    prev_index: int | None = None,
) -> Call[Result]:
    """Delete a file, an empty directory (`dir`) or a whole tree (`recursive`).

    With `prev_value` or `prev_index` only a file that is still that (compare-and-delete). Raises
    KeyNotFound, CompareFailed, NotFile, DirectoryNotEmpty, RootReadOnly, Unauthorized;
    OutcomeUnknown, ClusterUnavailable.
    """
    _check(None, prev_value, prev_index)
    query: Parameters = {
        "recursive": True if recursive else None,
        "dir": True if dir else None,
        "prevValue": prev_value,
        "prevIndex": prev_index,
    }
    return Call(Request("DELETE", with_query(key_path(key), query)), read_result)


def _check(ttl: int | None, prev_value: str | None = None, prev_index: int | None = None) -> None:
    if ttl is not None and ttl < 0:
        raise ValueError(f"ttl is in whole seconds, 0 or more: {ttl!r}")
    if prev_value == "":
        raise ValueError("etcd cannot compare with an empty value; use prev_index")
    if prev_index is not None and prev_index < 1:
        raise ValueError(f"prev_index is a modified_index, 1 or more: {prev_index!r}")
