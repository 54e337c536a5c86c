"""How `vardctl dump` reads and `vardctl load` writes, on clients that are made up."""

from __future__ import annotations

import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any, cast

import pytest

from vard_http.client import (
    ApiError,
    Client,
    ClientError,
    CompareFailed,
    KeyNotFound,
    Node,
    OutcomeUnknown,
    Response,
    Result,
)
from vard_http.client.requests import Call
from vard_http.ctl.subtree.plan import Step
from vard_http.ctl.subtree.reading import read_subtree, tree_of
from vard_http.ctl.subtree.tree import Entry
from vard_http.ctl.subtree.writing import WORKERS, carry_out
from vard_http.store import Store, dump
from vard_http.transfer.archive import VERSION, Head, write_archive

SECOND = 1_000_000_000


class _Server:
    """A client of a server that answers one request for a backup, and lists `top`."""

    def __init__(self, backup: Response, top: Node | ClientError) -> None:
        self._backup = backup
        self._top = top

    def call(self, call: Call[Response]) -> Response:
        assert (call.request.method, call.request.target) == ("GET", "/vard/backup")
        return call.read(self._backup)

    def get(self, key: str, **_: Any) -> Result:
        if isinstance(self._top, ClientError):
            raise self._top
        return Result("get", self._top, etcd_index=9)


def _client(backup: Response, top: Node | ClientError) -> Client:
    return cast(Client, _Server(backup, top))


def _backup(store: Store, now: float) -> Response:
    parts = write_archive(Head(VERSION, 1, 2, 3, store.index), dump(store))
    return Response(200, {"date": formatdate(now, usegmt=True)}, b"".join(parts))


_LISTED = Node("/a", dir=True, nodes=(Node("/a/k", "v", modified_index=7),))


@pytest.mark.parametrize("minutes_ahead", [0, 10])
def test_ttls_are_reckoned_by_the_clock_of_the_server(minutes_ahead: int) -> None:
    now = time.time() + 60 * minutes_ahead
    store = Store()
    store.set(b"/1/a/k", b"v", expires=int((now + 100) * SECOND), now=int(now * SECOND))

    tree = read_subtree(_client(_backup(store, now), _LISTED), b"/a").tree

    assert tree.keys() == {b"/a", b"/a/k"}
    assert 98 <= (tree[b"/a/k"].ttl or 0) <= 101


def test_what_is_due_to_expire_is_left_out_with_all_below_it() -> None:
    now = time.time()
    past = int((now - 1) * SECOND)
    store = Store()
    store.create(b"/1/a/gone", b"", directory=True, expires=past, now=past)
    store.set(b"/1/a/gone/k", b"v", now=past)
    store.set(b"/1/a/gone-not", b"v", now=past)

    tree = read_subtree(_client(_backup(store, now), _LISTED), b"/a").tree

    assert tree.keys() == {b"/a", b"/a/gone-not"}


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (401, "only a user with role root may have all of it"),
        (404, "the server is no vard_http"),
        (503, "the server answers 503: no quorum"),
    ],
)
def test_without_a_backup_it_takes_what_is_listed_and_says_why(status: int, reason: str) -> None:
    client = _client(Response(status, {}, b"no quorum"), _LISTED)

    reading = read_subtree(client, b"/a")

    assert reading.why_not_exact == reason
    assert reading.tree == {b"/a": Entry(None), b"/a/k": Entry(b"v", modified=7)}
    with pytest.raises(ApiError):
        read_subtree(client, b"/a", source="backup")


def test_a_key_that_no_backup_has_is_not_found() -> None:
    missing = KeyNotFound(100, "Key not found", "/none", 3)
    with pytest.raises(KeyNotFound):
        read_subtree(_client(_backup(Store(), time.time()), missing), b"/none")


def test_doubtful_nodes_are_those_that_show_replacements() -> None:
    top = Node("/", dir=True, nodes=(Node("/\ufffd", "v"), Node("/a", "\ufffd"), Node("/b", "v")))
    reading = read_subtree(_client(Response(404, {}, b""), top), b"/")

    assert sorted(reading.doubtful) == [b"/a", "/\ufffd".encode()]


def test_a_tree_of_an_answer_has_no_root() -> None:
    assert tree_of(Node("/", dir=True)) == {}


class _Written:
    """A client that records writes; `refuse` may raise."""

    def __init__(self, refuse: Callable[[str], None] = lambda key: None) -> None:
        self.calls: list[tuple[str, str, dict[str, Any]]] = []
        self._refuse = refuse

    def _do(self, kind: str, key: str, options: dict[str, Any]) -> None:
        self.calls.append((kind, key, options))
        self._refuse(key)

    def set(self, key: str, value: str, **options: Any) -> None:
        self._do("set", key, {"value": value, **options})

    def make_directory(self, key: str, **options: Any) -> None:
        self._do("make_directory", key, options)

    def delete(self, key: str, **options: Any) -> None:
        self._do("delete", key, options)


def _errors(client: _Written, *phases: list[Step]) -> dict[bytes, ClientError | None]:
    """What came of the steps that were tried, by their paths."""
    return {one.step.path: one.error for one in carry_out(cast(Client, client), phases)}


def _refusing(error: ClientError, *keys: str) -> Callable[[str], None]:
    def refuse(key: str) -> None:
        if not keys or key in keys:
            raise error

    return refuse


@pytest.mark.parametrize(
    ("step", "call"),
    [
        (
            Step("create", b"/\xff", Entry(b"\xfe", 5)),
            ("set", "/\udcff", {"value": "\udcfe", "ttl": 5, "prev_exist": False}),
        ),
        (
            Step("change", b"/k", Entry(b"v"), Entry(b"old", modified=7)),
            ("set", "/k", {"value": "v", "ttl": None, "prev_index": 7}),
        ),
        (
            Step("create", b"/d", Entry(None, 5)),
            ("make_directory", "/d", {"ttl": 5, "prev_exist": False}),
        ),
        (
            Step("change", b"/d", Entry(None), Entry(None, 5, modified=7)),
            ("make_directory", "/d", {"ttl": None, "prev_exist": True}),
        ),
        (
            Step("remove", b"/k", Entry(b"v", modified=7), Entry(b"v", modified=7)),
            ("delete", "/k", {"prev_index": 7}),
        ),
        (Step("remove", b"/d", Entry(None), Entry(None)), ("delete", "/d", {"dir": True})),
    ],
)
def test_each_write_is_made_only_over_what_was_compared(
    step: Step, call: tuple[str, str, dict[str, Any]]
) -> None:
    client = _Written()
    assert _errors(client, [step]) == {step.path: None}
    assert client.calls == [call]


def _creations(count: int) -> list[Step]:
    return [Step("create", b"/%d" % number, Entry(b"")) for number in range(count)]


def test_a_failure_does_not_keep_others_from_being_written() -> None:
    client = _Written(_refusing(CompareFailed(101, "Compare failed"), "/3"))

    errors = _errors(client, _creations(100))

    assert len(errors) == 100
    assert [path for path, error in errors.items() if error] == [b"/3"]


def test_when_the_cluster_is_gone_the_rest_is_not_tried() -> None:
    client = _Written(_refusing(OutcomeUnknown({"http://a": "timed out"})))

    errors = _errors(client, _creations(1000), _creations(5))

    assert len(errors) == len(client.calls) <= 4 * WORKERS
    assert all(errors.values())


def test_what_somebody_else_removed_is_removed() -> None:
    client = _Written(_refusing(KeyNotFound(100, "Key not found")))
    steps = [Step("remove", b"/k", Entry(b"v", modified=7), Entry(b"v", modified=7))]

    assert _errors(client, steps) == {b"/k": None}


def test_phases_wait_for_one_another() -> None:
    client = _Written()
    first, second = _creations(50), [Step("remove", b"/x", Entry(None), Entry(None))]

    _errors(client, first, [], second)

    assert client.calls[-1][1] == "/x"
