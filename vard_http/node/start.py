"""From a configuration and a data directory to a node."""

from __future__ import annotations

import random
import socket
import ssl
import time
from pathlib import Path

import structlog

from vard_http.config import Config, check_bootstrap
from vard_http.config.identity import cluster_id, format_id, member_id
from vard_http.node.clock import Clock
from vard_http.node.cluster import bootstrap_entries
from vard_http.node.errors import StartError
from vard_http.node.forcing import force_new_cluster
from vard_http.node.joining import MakeContext, is_bootstrapped, join
from vard_http.node.node import Node, NodeSettings
from vard_http.raft import (
    Chance,
    Configuration,
    HardState,
    Raft,
    Recovered,
    Settings,
    SnapshotMeta,
)
from vard_http.storage import Identity, Storage, exists, open_storage
from vard_http.storage import Recovered as Durable
from vard_http.store import Store
from vard_http.transport import Transport

log = structlog.get_logger("start")

NOTHING = SnapshotMeta(0, 0, Configuration(()))


def start_node(config: Config, make_context: MakeContext = ssl.create_default_context) -> Node:
    """A node with what its data directory holds, or that of a new member; not yet at work.

    Raises StartError or ConfigError, and StorageError for a directory that must not be used.
    """
    existed = exists(Path(config.data_dir))
    storage = _open(config, make_context)
    recovered = storage.recover()
    if recovered.hard_state.term == 0:
        _begin(config, storage)
        recovered = storage.recover()
    if existed and config.force_new_cluster:
        force_new_cluster(storage, recovered)
        recovered = storage.recover()
    identity = storage.identity
    return resume(
        NodeSettings(
            name=config.name,
            client_urls=config.advertise_client_urls,
            snapshot_count=config.snapshot_count,
            election_timeout=config.election_timeout / 1000,
            strict_reconfig_check=config.strict_reconfig_check,
            quota_bytes=max(0, config.quota_backend_bytes),
            data_dir=config.data_dir,
        ),
        Settings(
            heartbeat_interval=config.heartbeat_interval,
            election_timeout=config.election_timeout,
            pre_vote=config.pre_vote,
            initial_election_advance=config.initial_election_tick_advance,
        ),
        storage,
        recovered,
        Transport(identity.cluster_id, identity.node_id, make_context),
        random.Random(),
        time,
    )


def resume(
    settings: NodeSettings,
    core: Settings,
    storage: Storage,
    recovered: Durable,
    transport: Transport,
    chance: Chance,
    clock: Clock,
) -> Node:
    """A node that goes on from what `storage` has `recovered`; not yet at work.

    Raises StorageError if the snapshot cannot be read.
    """
    store = Store()
    snapshot = NOTHING
    if recovered.snapshot is not None:
        snapshot = recovered.snapshot
        store.restore(storage.read_snapshot(snapshot))
    identity = storage.identity
    raft = Raft(
        identity.node_id,
        Recovered(recovered.hard_state, snapshot, recovered.entries),
        core,
        chance,
        int(clock.monotonic() * 1000),
    )
    log.info(
        "member",
        id=format_id(identity.node_id),
        cluster=format_id(identity.cluster_id),
        term=raft.term,
        commit=raft.commit_index,
        snapshot=snapshot.index,
    )
    return Node(settings, raft, storage, store, transport, snapshot.index, clock)


def _resolve(address: str) -> str:
    """`host:port` with the host's first IP address in place of its name, if it has one."""
    host, _, port = address.rpartition(":")
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except OSError:
        return address
    return f"{found[0][4][0]}:{port}"


def _members(config: Config) -> dict[int, tuple[str, ...]]:
    """Peer URLs by member id, as --initial-cluster has them."""
    token = config.initial_cluster_token
    return {member_id(urls, token): urls for urls in config.initial_cluster.values()}


def _open(config: Config, make_context: MakeContext) -> Storage:
    """The data directory as it is, or a new one for a member that has none.

    Raises StartError, ConfigError, StorageError.
    """
    data_dir = Path(config.data_dir)
    if exists(data_dir):
        return open_storage(data_dir, None)
    check_bootstrap(config, resolve=_resolve)
    return open_storage(data_dir, _identity(config, make_context))


def _identity(config: Config, make_context: MakeContext) -> Identity:
    """Who a member without data is. Raises StartError."""
    cluster = config.initial_cluster
    if config.initial_cluster_state == "existing":
        return Identity(*join(cluster, config.name, _resolve, make_context), config.name)
    members = _members(config)
    me = member_id(cluster[config.name], config.initial_cluster_token)
    if is_bootstrapped(cluster, config.name, me, make_context):
        raise StartError(f"member {format_id(me)} has already been bootstrapped")
    return Identity(cluster_id(members), me, config.name)


def _begin(config: Config, storage: Storage) -> None:
    """Write what a member begins with; nothing has been promised to anybody yet.

    For one of a new cluster that is the cluster's first entries. One that joins has nothing at all
    but term 1, in which nobody was ever elected; its cluster will send it the rest.

    Raises StartError if the member's data directory was made with other settings.
    """
    if config.initial_cluster_state == "existing":
        storage.append((), HardState(term=1, vote=0, commit=0))
        return
    members = _members(config)
    if storage.identity.cluster_id != cluster_id(members):
        raise StartError(
            f"{config.data_dir} was made for {storage.identity}, whose start was cut short, but the"
            " --initial-cluster flags are for another cluster; correct them or remove the directory"
        )
    entries = bootstrap_entries(members)
    storage.append(entries, HardState(term=1, vote=0, commit=len(entries)))
