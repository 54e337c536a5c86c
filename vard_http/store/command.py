"""Replicated commands: what the log holds and how it is applied."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec

from vard_http.store import vard
from vard_http.store.event import Event
from vard_http.store.store import Store

Path: TypeAlias = Annotated[bytes, msgspec.Meta(min_length=1)]
Index: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]
Client: TypeAlias = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]


class CommandError(ValueError):
    """Bytes that are not an encoded command."""


class _Timed(msgspec.Struct, array_like=True, gc=False, frozen=True, forbid_unknown_fields=True):
    """Every command carries the proposer's clock, in nanoseconds since 1970."""

    now: int


class Set(_Timed, frozen=True, tag="set"):
    """PUT without conditions (contract 5.1)."""

    path: Path
    value: bytes
    directory: bool = False
    expires: int | None = None
    refresh: bool = False

    def apply(self, store: Store) -> Event:
        return store.set(
            self.path,
            self.value,
            directory=self.directory,
            expires=self.expires,
            refresh=self.refresh,
            now=self.now,
        )


class Create(_Timed, frozen=True, tag="create"):
    """PUT with prevExist=false, and POST (`in_order`)."""

    path: Path
    value: bytes
    directory: bool = False
    in_order: bool = False
    expires: int | None = None

    def apply(self, store: Store) -> Event:
        return store.create(
            self.path,
            self.value,
            directory=self.directory,
            in_order=self.in_order,
            expires=self.expires,
            now=self.now,
        )


class Update(_Timed, frozen=True, tag="update"):
    """PUT with prevExist=true and no other condition."""

    path: Path
    value: bytes
    expires: int | None = None
    refresh: bool = False

    def apply(self, store: Store) -> Event:
        return store.update(
            self.path, self.value, expires=self.expires, refresh=self.refresh, now=self.now
        )


class CompareAndSwap(_Timed, frozen=True, tag="cas"):
    """PUT with prevValue or prevIndex."""

    path: Path
    value: bytes
    prev_value: bytes | None = None
    prev_index: Index = 0
    expires: int | None = None
    refresh: bool = False

    def apply(self, store: Store) -> Event:
        return store.compare_and_swap(
            self.path,
            self.value,
            prev_value=self.prev_value,
            prev_index=self.prev_index,
            expires=self.expires,
            refresh=self.refresh,
            now=self.now,
        )


class Delete(_Timed, frozen=True, tag="delete"):
    """DELETE without conditions."""

    path: Path
    directory: bool = False
    recursive: bool = False

    def apply(self, store: Store) -> Event:
        return store.delete(
            self.path, directory=self.directory, recursive=self.recursive, now=self.now
        )


class CompareAndDelete(_Timed, frozen=True, tag="cad"):
    """DELETE with prevValue or prevIndex."""

    path: Path
    prev_value: bytes | None = None
    prev_index: Index = 0

    def apply(self, store: Store) -> Event:
        return store.compare_and_delete(
            self.path, prev_value=self.prev_value, prev_index=self.prev_index, now=self.now
        )


class QuorumGet(_Timed, frozen=True, tag="get"):
    """GET with quorum=true: read where the log says, and counted on every member."""

    path: Path
    recursive: bool = False
    sorted: bool = False

    def apply(self, store: Store) -> Event:
        return store.get(self.path, recursive=self.recursive, sorted=self.sorted, now=self.now)


class Sync(_Timed, frozen=True, tag="sync"):
    """Expire everything that is due at `now`."""

    def apply(self, store: Store) -> None:
        store.delete_expired(self.now)


class ClientRequest(_Timed, frozen=True, tag="vard"):
    """Raft.v `ClientRequest`: what one of vard's clients asks for as its request `number`.

    `value` is what PUT and CAS write, `expected` what CAS (None: no key) and CAD want to find.
    """

    client: Client
    number: Index
    operation: vard.Operation
    key: bytes
    value: bytes = b""
    expected: bytes | None = None

    @property
    def path(self) -> bytes:
        return vard.path_of(self.key)

    def apply(self, store: Store) -> None:
        """Raft.v `cacheApplyEntry`: once, however often it comes; the output is in the cache."""
        last = store.clients.last(self.client)
        if last is None or last.number < self.number:
            output = vard.handle(
                store, self.operation, self.key, self.value, self.expected, self.now
            )
            store.clients.save(self.client, self.number, output)


Command: TypeAlias = (
    Set
    | Create
    | Update
    | CompareAndSwap
    | Delete
    | CompareAndDelete
    | QuorumGet
    | Sync
    | ClientRequest
)

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Command] = msgspec.msgpack.Decoder(Command)


def encode(command: Command) -> bytes:
    """The msgpack of `command`."""
    return _encoder.encode(command)


def decode(data: bytes) -> Command:
    """The command that was encoded as `data`. Raises CommandError."""
    try:
        command = _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CommandError(f"not a command: {error}") from error
    if not isinstance(command, Sync) and not command.path.startswith(b"/"):
        raise CommandError("not a command: its path does not begin at the root")
    return command


def apply(store: Store, command: Command) -> Event | None:
    """Carry out `command`; the event that answers it, if there is one. Raises StoreError."""
    return command.apply(store)
