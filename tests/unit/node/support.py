"""Real nodes in one event loop: storage in temporary directories, messages without sockets."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from vard_http.node import Node, NodeSettings, Outcome
from vard_http.node.clock import Clock
from vard_http.node.cluster import bootstrap_entries
from vard_http.node.snapshotting import CATCH_UP_ENTRIES
from vard_http.raft import (
    AnyMessage,
    Configuration,
    HardState,
    Raft,
    Recovered,
    Settings,
    SnapshotMeta,
)
from vard_http.storage import Identity, Storage, open_storage
from vard_http.store import Command, Set, Store, StoreError
from vard_http.transport import Transport
from vard_http.transport.outbound import Peer

CLUSTER = 0xC1
KEY = b"/1/k"
PATIENCE = 5.0
"""Seconds after which a test that waits has failed."""

QUICK = Settings(heartbeat_interval=10, election_timeout=50)


class Settled(NodeSettings, frozen=True):
    """Node settings whose requests time out after `patience` seconds."""

    patience: float = PATIENCE

    @property
    def request_timeout(self) -> float:
        return self.patience


class Network:
    """Carries messages between nodes, at once and in order, but for those to or from `cut`."""

    def __init__(self) -> None:
        self.nodes: dict[int, Node] = {}
        self.cut: set[int] = set()
        self.sent: list[tuple[int, int, AnyMessage]] = []

    def reaches(self, source: int, target: int) -> bool:
        return target in self.nodes and not self.cut & {source, target}

    def carry(self, source: int, target: int, message: AnyMessage) -> None:
        self.sent.append((source, target, message))
        if self.reaches(source, target):
            asyncio.get_running_loop().call_soon(self._arrive, source, target, message)

    def _arrive(self, source: int, target: int, message: AnyMessage) -> None:
        if self.reaches(source, target):
            self.nodes[target].receive(source, message)


class Wire(Transport):
    """One node's end of a `Network`."""

    def __init__(self, network: Network, me: int) -> None:
        super().__init__(CLUSTER, me)
        self.network = network
        self.me = me
        self.began = time.monotonic()

    def set_peers(self, urls: Mapping[int, Sequence[str]], removed: Collection[int] = ()) -> None:
        """Who the members are does not matter: the network knows them."""

    @property
    def peers(self) -> Mapping[int, Peer]:
        return {}

    def send(self, messages: Sequence[tuple[int, AnyMessage]]) -> int:
        for target, message in messages:
            self.network.carry(self.me, target, message)
        return 0

    def active_since(self, node: int) -> float | None:
        return self.began if self.network.reaches(self.me, node) else None

    async def close(self) -> None:
        self.network.nodes.pop(self.me, None)


def new_storage(directory: Path, me: int = 1, members: int = 1) -> Storage:
    """The storage of a member of a cluster that has not started yet."""
    storage = open_storage(directory, Identity(CLUSTER, me, f"node{me}"))
    storage.recover()
    urls = {id: (f"http://127.0.0.1:{2380 + id}",) for id in range(1, members + 1)}
    entries = bootstrap_entries(urls)
    storage.append(entries, HardState(term=1, vote=0, commit=len(entries)))
    return storage


def make_node(
    storage: Storage,
    network: Network | None = None,
    *,
    settings: Settings = QUICK,
    patience: float = PATIENCE,
    snapshot_count: int = 100_000,
    catch_up_entries: int = CATCH_UP_ENTRIES,
    store: Store | None = None,
    clock: Clock = time,
) -> Node:
    """A node with what `storage` holds, not yet started."""
    network = network or Network()
    recovered = storage.recover()
    store = store or Store()
    snapshot = SnapshotMeta(0, 0, Configuration(()))
    if recovered.snapshot is not None:
        snapshot = recovered.snapshot
        store.restore(storage.read_snapshot(snapshot))
    me = storage.identity.node_id
    node = Node(
        Settled(
            name=storage.identity.name,
            client_urls=(f"http://127.0.0.1:{2378 + me}",),
            snapshot_count=snapshot_count,
            catch_up_entries=catch_up_entries,
            election_timeout=settings.election_timeout / 1000,
            patience=patience,
        ),
        Raft(
            me,
            Recovered(recovered.hard_state, snapshot, recovered.entries),
            settings,
            random.Random(me),
            int(clock.monotonic() * 1000),
        ),
        storage,
        store,
        Wire(network, me),
        snapshot.index,
        clock,
    )
    network.nodes[me] = node
    return node


async def until(condition: Callable[[], bool]) -> None:
    """Give the loop turns until `condition` holds. Raises TimeoutError."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - nodes send no word of what they come to
            await asyncio.sleep(0.001)


async def settled(*nodes: Node) -> None:
    """Wait until all nodes have published themselves and know the cluster's version."""
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(node.published for node in nodes))
    await until(lambda: all(node.cluster.version is not None for node in nodes))


def put(value: bytes = b"v", key: bytes = KEY) -> Command:
    return Set(time.time_ns(), key, value)


def propose(node: Node, command: Command | None = None) -> asyncio.Future[Outcome]:
    """A future of what the node answers."""
    answered: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
    node.propose(command or put(), answered.set_result)
    return answered


def read(node: Node) -> asyncio.Future[StoreError | None]:
    """A future of a linearizable read: None once the store may be read."""
    answered: asyncio.Future[StoreError | None] = asyncio.get_running_loop().create_future()
    node.read(answered.set_result)
    return answered
