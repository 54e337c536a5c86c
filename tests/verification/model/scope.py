"""The bounds of one search, and how the cluster comes to where it starts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from tests.verification.model.world import Left
from vard_http.raft import Change, Configuration, Settings
from vard_http.raft.state import NEVER

if TYPE_CHECKING:
    from tests.verification.model.script import Script


class Scope(msgspec.Struct, frozen=True):
    """`about` says what it is for. `members` is the first configuration, of which servers named in
    `joiners` know nothing yet.

    terms: no server goes beyond this one. bounds: how often each kind of event may happen.
    wider: other bounds, for when there is time; `terms` of them in `wider_terms`.
    changes: what an operator may ask for. forward: whether followers have clients too.
    notice: whether followers are told of commits by a message of its own.
    cut: between whom nothing arrives once the search begins. chunks: pieces of a snapshot.
    groups: names that may be swapped: those of servers that start alike.
    prologue: plays what comes before the search; it uses nothing of `bounds`.
    """

    name: str
    about: str
    bounds: Left
    members: Configuration = Configuration((1, 2, 3))
    joiners: tuple[int, ...] = ()
    terms: int = 2
    wider: Left = Left()
    wider_terms: int = 2
    changes: tuple[Change, ...] = ()
    forward: bool = False
    pre_vote: bool = False
    cut: frozenset[tuple[int, int]] = frozenset()
    chunks: int = 1
    notice: bool = False
    max_append_bytes: int = 1
    groups: tuple[tuple[int, ...], ...] = ((1, 2, 3),)
    prologue: Callable[[Script], None] = lambda script: None

    @property
    def configurations(self) -> dict[int, Configuration]:
        """What each server knows at first of who is in the cluster."""
        members = self.members.voters + self.members.learners
        return dict.fromkeys(members, self.members) | dict.fromkeys(self.joiners, Configuration(()))

    @property
    def settings(self) -> Settings:
        """A heartbeat takes a millisecond, so that no number of them lets a lease run out."""
        return Settings(
            heartbeat_interval=1,
            election_timeout=1000,
            pre_vote=self.pre_vote,
            notice_delay=0 if self.notice else NEVER,
            initial_election_advance=False,
            max_append_bytes=self.max_append_bytes,
        )
