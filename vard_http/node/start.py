"""From a configuration and a data directory to a node."""

from __future__ import annotations

import random
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path

import structlog

from vard_http.config import Config, check_bootstrap
from vard_http.config.identity import cluster_id, format_id, member_id
from vard_http.node.cluster import bootstrap_entries
from vard_http.node.node import Node, NodeSettings
from vard_http.raft import Configuration, HardState, Raft, Recovered, Settings, SnapshotMeta
from vard_http.storage import Identity, Storage, exists, open_storage
from vard_http.store import Store
from vard_http.transport import Transport

log = structlog.get_logger("start")

NOTHING = SnapshotMeta(0, 0, Configuration(()))


class StartError(Exception):
    """The node cannot start as it is configured; the message says why."""


def start_node(
    config: Config, make_context: Callable[[], ssl.SSLContext] = ssl.create_default_context
) -> Node:
    """A node with what its data directory holds, or that of a new member; not yet at work.

    Raises StartError or ConfigError, and StorageError for a directory that must not be used.
    """
    storage = _open(config)
    recovered = storage.recover()
    if recovered.hard_state.term == 0:
        _bootstrap(config, storage)
        recovered = storage.recover()
    identity = storage.identity
    store = Store()
    snapshot = NOTHING
    if recovered.snapshot is not None:
        snapshot = recovered.snapshot
        store.restore(storage.read_snapshot(snapshot))
    raft = Raft(
        identity.node_id,
        Recovered(recovered.hard_state, snapshot, recovered.entries),
        Settings(
            heartbeat_interval=config.heartbeat_interval,
            election_timeout=config.election_timeout,
            pre_vote=config.pre_vote,
            initial_election_advance=config.initial_election_tick_advance,
        ),
        random.Random(),
        int(time.monotonic() * 1000),
    )
    log.info(
        "member",
        id=format_id(identity.node_id),
        cluster=format_id(identity.cluster_id),
        term=raft.term,
        commit=raft.commit_index,
        snapshot=snapshot.index,
    )
    return Node(
        NodeSettings(
            name=config.name,
            client_urls=config.advertise_client_urls,
            snapshot_count=config.snapshot_count,
            election_timeout=config.election_timeout / 1000,
        ),
        raft,
        storage,
        store,
        Transport(identity.cluster_id, identity.node_id, make_context),
        snapshot.index,
    )


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


def _open(config: Config) -> Storage:
    """The data directory as it is; a new one is made for a member of a new cluster.

    Raises StartError, ConfigError, StorageError.
    """
    data_dir = Path(config.data_dir)
    if exists(data_dir):
        return open_storage(data_dir, None)
    if config.initial_cluster_state == "existing":
        raise StartError("joining an existing cluster is not supported by this version")
    check_bootstrap(config, resolve=_resolve)
    members = _members(config)
    me = member_id(config.initial_cluster[config.name], config.initial_cluster_token)
    return open_storage(data_dir, Identity(cluster_id(members), me, config.name))


def _bootstrap(config: Config, storage: Storage) -> None:
    """Write the log with which a new cluster begins; nothing has been promised to anybody yet."""
    entries = bootstrap_entries(_members(config))
    storage.append(entries, HardState(term=1, vote=0, commit=len(entries)))
