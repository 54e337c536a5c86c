"""--force-new-cluster: one member goes on alone with its data when the others are lost."""

from __future__ import annotations

import structlog

from vard_http.config.identity import format_id
from vard_http.node.cluster import Reason, encode_reason
from vard_http.node.errors import StartError
from vard_http.raft import (
    CONFIGURATION,
    Change,
    Configuration,
    ConfigurationData,
    Entry,
    HardState,
    changed,
    decode_data,
    encode_data,
)
from vard_http.storage import Recovered, Storage

log = structlog.get_logger("start")


def force_new_cluster(storage: Storage, recovered: Recovered) -> None:
    """Append entries that remove all other members, and call the whole log committed.

    That is what no quorum decided. All entries stay, those not known to be committed too: each may
    have been acknowledged. Raises StartError if this member is none of its cluster.
    """
    me = storage.identity.node_id
    configuration, index = _end_of(recovered)
    if me not in configuration.voters + configuration.learners:
        raise StartError("cannot force a new cluster: this member's data do not show it in any")
    state = recovered.hard_state
    changes = [
        Change("remove", node, encode_reason(Reason()))
        for node in sorted(configuration.voters + configuration.learners)
        if node != me
    ]
    if me in configuration.learners:
        changes.insert(0, Change("add", me))
    entries = []
    for change in changes:
        configuration, index = changed(configuration, change), index + 1
        data = encode_data(ConfigurationData(configuration, change))
        entries.append(Entry(index, state.term, CONFIGURATION, data))
    storage.append(entries, HardState(state.term, state.vote, index))
    log.warning("forcing a new cluster", member=format_id(me), commit_index=index)


def _end_of(recovered: Recovered) -> tuple[Configuration, int]:
    """The configuration at the end of the log, and where that is."""
    configuration, index = Configuration(()), 0
    if recovered.snapshot is not None:
        configuration, index = recovered.snapshot.configuration, recovered.snapshot.index
    for entry in recovered.entries:
        if entry.index > index and entry.kind == CONFIGURATION:
            configuration = decode_data(entry.data).configuration
    return configuration, max(index, recovered.entries[-1].index if recovered.entries else 0)
