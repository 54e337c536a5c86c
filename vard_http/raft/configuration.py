"""Cluster membership: quorums, and changes of one server at a time (thesis chapter 4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from vard_http.raft.messages import Configuration

Operation = Literal["add", "learn", "remove", "update"]


class ChangeRefused(Exception):
    """This change cannot be made now, or not at all; the argument says why."""


class Change(msgspec.Struct, array_like=True, frozen=True):
    """One step of membership change.

    `add` makes `node` a voter (promoting a learner), `learn` a non-voting learner, `remove` takes
    it out, `update` changes only what `context` says of it. `context` is the application's.
    """

    operation: Operation
    node: int
    context: bytes = b""


class ConfigurationData(msgspec.Struct, array_like=True, frozen=True):
    """The data of a CONFIGURATION entry: the whole new configuration, so that the latest one in a
    log is in force and cutting the log back restores the one before."""

    configuration: Configuration
    change: Change


encode_change = msgspec.msgpack.Encoder().encode
decode_change = msgspec.msgpack.Decoder(Change).decode
encode_data = msgspec.msgpack.Encoder().encode
decode_data = msgspec.msgpack.Decoder(ConfigurationData).decode


def changed(configuration: Configuration, change: Change) -> Configuration:
    """The configuration after `change`; at most one voter differs, so that quorums overlap.

    Raises ChangeRefused if nobody would be left to vote, or if `learn` names a voter.
    """
    voters, learners = set(configuration.voters), set(configuration.learners)
    match change.operation:
        case "add":
            voters.add(change.node)
            learners.discard(change.node)
        case "learn":
            if change.node in voters:
                raise ChangeRefused("a voter cannot become a learner")
            learners.add(change.node)
        case "remove":
            voters.discard(change.node)
            learners.discard(change.node)
        case "update":
            pass
    if not voters:
        raise ChangeRefused("the last voter cannot be removed")
    return Configuration(tuple(sorted(voters)), tuple(sorted(learners)))


def is_quorum(configuration: Configuration, nodes: Iterable[int]) -> bool:
    """Whether `nodes` hold a majority (Raft.v `wonElection`); learners never count."""
    return 2 * len(set(configuration.voters).intersection(nodes)) > len(configuration.voters)


def quorum_value(configuration: Configuration, values: Mapping[int, int]) -> int:
    """The largest value that a majority of the voters has reached; absent ones stand at 0."""
    reached = sorted((values.get(node, 0) for node in configuration.voters), reverse=True)
    return reached[len(reached) // 2]
