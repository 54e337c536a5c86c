"""The first data directory of a member of a new cluster that begins with what another one had.

Every member gets the same snapshot, at the same position of the log, so that they agree from the
start; the cluster's own bookkeeping in it is made anew.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec

from vard_http.config import Config, ConfigError, check_bootstrap, load
from vard_http.config.identity import cluster_id, format_id, member_id
from vard_http.node.cluster import raft_attributes
from vard_http.raft import Configuration, HardState, SnapshotMeta
from vard_http.storage import Identity, open_storage
from vard_http.storage.files import fsync_directory
from vard_http.store import Directory, Image, Node, Store, write_image
from vard_http.transfer.content import Content
from vard_http.transfer.errors import TransferError

DEFAULT_NAME: Final = "default"
DEFAULT_URL: Final = "http://localhost:2380"


class Plan(msgspec.Struct, frozen=True):
    """A new cluster, seen by one of its members: peer URLs by id, and who this one is."""

    identity: Identity
    members: Mapping[int, Sequence[str]]


def plan_cluster(name: str, initial_cluster: str, token: str, content: Content) -> Plan:
    """A cluster of the members in `initial_cluster` (`n1=url,n2=url`), none of them seen before.

    Without a `token` one is derived from the content, the same for every member. Raises
    TransferError for settings that make no cluster, or the very one the content comes from.
    """
    token = token or f"restored-{format_id(content.cluster_id)}-{content.seed}"
    config = _config(name, initial_cluster or f"{name}={DEFAULT_URL}", token)
    members = {member_id(urls, token): urls for urls in config.initial_cluster.values()}
    cluster = cluster_id(members)
    if cluster == content.cluster_id:
        raise TransferError(
            f"with --initial-cluster-token {token} the new cluster would have the id of the old"
            f" one, {format_id(cluster)}, and members of both could meet; give another token"
        )
    me = member_id(config.initial_cluster[name], token)
    return Plan(Identity(cluster, me, name), members)


def _config(name: str, initial_cluster: str, token: str) -> Config:
    """The settings, checked by the rules that hold for a start."""
    argv = ["--name", name, "--initial-cluster", initial_cluster, "--initial-cluster-token", token]
    try:
        config = load(argv, {})
        own = config.initial_cluster.get(name, ())
        config = replace(config, initial_advertise_peer_urls=own)
        check_bootstrap(config)
    except ConfigError as error:
        raise TransferError(str(error)) from error
    return config


def rebased(image: Image, members: Mapping[int, Sequence[str]]) -> Image:
    """`image` with the bookkeeping below /0 of a cluster of `members`, none of which has started.

    Index, history, the cache of vard's clients and all other nodes stay as they are.
    """
    index = image.index
    listed: dict[bytes, Node | Directory] = {}
    for member, urls in sorted(members.items()):
        attributes = Node(raft_attributes(urls), index, index, 0)
        own = Directory(Node(None, index, index, 0), {b"raftAttributes": attributes}, 0)
        listed[format_id(member).encode()] = own
    bookkeeping = Directory(
        Node(None, 0, 0, 0), {b"members": Directory(Node(None, index, index, 0), listed, 0)}, 0
    )
    root = Directory(image.root.node, {**image.root.children, b"0": bookkeeping}, 0)
    return Image(index, image.stats, image.history, image.clients, root)


def make_data_directory(data_dir: Path, plan: Plan, content: Content) -> None:
    """Make `data_dir`, which must not exist, for the member of `plan`.

    It gets its name only when all in it is durable. Raises TransferError, StorageError, OSError.
    """
    refuse_existing(data_dir)
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(".partial", f".{data_dir.name}.", data_dir.parent))
    try:
        _fill(partial, plan, content)
        fsync_directory(partial)
        refuse_existing(data_dir)
        partial.rename(data_dir)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    fsync_directory(data_dir.parent)


def refuse_existing(data_dir: Path) -> None:
    """Raises TransferError if there is anything at `data_dir`."""
    if data_dir.exists() or data_dir.is_symlink():
        raise TransferError(f"{data_dir} exists; give the path of a directory that is to be made")


def _fill(data_dir: Path, plan: Plan, content: Content) -> None:
    configuration = Configuration(tuple(sorted(plan.members)))
    meta = SnapshotMeta(content.index, content.term, configuration)
    storage = open_storage(data_dir, plan.identity)
    try:
        image = rebased(content.store.freeze(), plan.members)
        for number, chunk in enumerate(write_image(image)):
            storage.receive_chunk(meta, number, chunk)
        storage.install_snapshot(meta, HardState(content.term, 0, content.index))
        Store().restore(storage.read_snapshot(meta))
    finally:
        storage.close()
