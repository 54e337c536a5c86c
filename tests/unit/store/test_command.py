"""Replicated commands."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.store.support import NOW, SECOND, commands, run, store_with
from vard_http.store import (
    Command,
    CommandError,
    CompareAndDelete,
    CompareAndSwap,
    Create,
    Delete,
    QuorumGet,
    Set,
    Store,
    StoreError,
    Sync,
    Update,
    apply,
    decode,
    digest,
    encode,
)


@settings(deadline=None)
@given(commands)
def test_commands_survive_encoding(command: Command) -> None:
    assert decode(encode(command)) == command


def test_the_largest_numbers_survive_encoding() -> None:
    command = CompareAndSwap(
        2**63 - 1, b"/1/\xff", b"", prev_index=2**64 - 1, expires=-(2**63), refresh=True
    )
    assert decode(encode(command)) == command


JUNK = [
    b"",
    b"\xc1",
    b"\x93",
    msgspec.msgpack.encode([]),
    msgspec.msgpack.encode({"now": 1}),
    msgspec.msgpack.encode(["nonsense", 1]),
    b"\x91\xa4\x00\x00\x00\x80",
    msgspec.msgpack.encode(["set", 1]),
    msgspec.msgpack.encode(["set", 1, b"", b"v"]),
    msgspec.msgpack.encode(["set", "1", b"/1/a", b"v"]),
    msgspec.msgpack.encode(["delete", 1, b"a"]),
    msgspec.msgpack.encode(["set", 1, b"/1/a", b"v", 1]),
    msgspec.msgpack.encode(["cad", 1, b"/1/a", None, -1]),
    msgspec.msgpack.encode(["sync", 1, 2]),
    encode(Sync(1)) + b"\x00",
    encode(Set(1, b"/1/a", b"value"))[:-1],
]


@pytest.mark.parametrize("data", JUNK)
def test_junk_is_refused(data: bytes) -> None:
    with pytest.raises(CommandError):
        decode(data)


@settings(deadline=None)
@given(st.binary())
def test_any_bytes_are_a_command_or_refused(data: bytes) -> None:
    try:
        command = decode(data)
    except CommandError:
        return
    assert decode(encode(command)) == command


@pytest.mark.parametrize(
    ("command", "action"),
    [
        (Set(NOW, b"/1/x", b""), "set"),
        (Create(NOW, b"/1/x", b""), "create"),
        (Update(NOW, b"/1/f", b""), "update"),
        (CompareAndSwap(NOW, b"/1/f", b"", prev_index=1), "compareAndSwap"),
        (Delete(NOW, b"/1/f"), "delete"),
        (CompareAndDelete(NOW, b"/1/f", prev_value=b"v"), "compareAndDelete"),
        (QuorumGet(NOW, b"/1/f"), "get"),
    ],
)
def test_each_command_is_its_operation(command: Command, action: str) -> None:
    event = apply(store_with(b"/1/f"), command)
    assert event is not None
    assert (event.action, event.path, event.now) == (action, command.path, NOW)  # type: ignore[union-attr]


def test_every_field_reaches_the_operation() -> None:
    store = store_with(b"/1/d/f", b"/1/l")
    soon = NOW + SECOND
    created = apply(store, Create(NOW, b"/1/q", b"", True, True, soon))
    assert created is not None
    assert created.path == b"/1/q/00000000000000000003"
    assert created.node is not None
    assert (created.node.value, created.node.expires) == (None, soon)
    for command in (
        Set(NOW, b"/1/l", b"", expires=soon, refresh=True),
        Update(NOW, b"/1/l", b"", expires=soon, refresh=True),
        CompareAndSwap(NOW, b"/1/l", b"", prev_index=5, expires=soon, refresh=True),
    ):
        event = apply(store, command)
        assert event is not None
        assert event.node is not None
        assert (event.node.value, event.node.expires, event.refresh) == (b"v", soon, True)
    made = apply(store, Set(NOW, b"/1/e", b"", directory=True))
    assert made is not None
    assert made.node is not None
    assert made.node.value is None
    assert apply(store, Delete(NOW, b"/1/e", directory=True)) is not None
    assert apply(store, Delete(NOW, b"/1/d", recursive=True)) is not None


def test_sync_expires_what_is_due_and_answers_nothing() -> None:
    store = Store()
    store.set(b"/1/t", b"", expires=NOW, now=NOW)
    assert apply(store, Sync(NOW)) is None
    assert store.peek(b"/1/t") is None


def test_a_refusal_comes_out_as_it_is() -> None:
    with pytest.raises(StoreError):
        apply(Store(), Delete(NOW, b"/1/none"))


@settings(deadline=None)
@given(st.lists(commands, max_size=30))
def test_replicas_that_apply_the_same_commands_are_the_same(log: list[Command]) -> None:
    first, second = Store(), Store()
    run(first, log)
    run(second, [decode(encode(command)) for command in log])
    assert digest(first) == digest(second)
    assert first.stats == second.stats
