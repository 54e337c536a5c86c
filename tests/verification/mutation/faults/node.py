"""Faults of the node: the order of a turn, whom it answers, and with what."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import pytest

from vard_http import store as store_module
from vard_http.node import cluster
from vard_http.node import node as node_module
from vard_http.node.duties import Duties
from vard_http.node.node import Node
from vard_http.node.pending import Pending, Waiting
from vard_http.node.proposing import Proposals
from vard_http.node.reads import LinearizableReads
from vard_http.node.reads import Waiting as WaitingRead
from vard_http.node.writing import Writer, Written
from vard_http.raft import Change, Entry, InstallSnapshot, Proposal, Raft, Ready
from vard_http.store import Command, Store, StoreError, Sync


def answer_before_the_write(patch: pytest.MonkeyPatch) -> None:
    """A turn goes on while its write has yet to begin."""
    original = Writer._write

    def write(writer: Writer, ready: Ready, written: Written) -> bool:
        asyncio.get_running_loop().call_soon(original, writer, ready)
        return True

    patch.setattr(Writer, "write", write)


def send_before_the_write(patch: pytest.MonkeyPatch) -> None:
    """What promises durability leaves together with the entries for others."""
    original = Raft.ready

    def ready(raft: Raft) -> Ready | None:
        made = original(raft)
        if made is not None:
            early = [(to, m) for to, m in made.messages if not isinstance(m, InstallSnapshot)]
            made.messages = [sent for sent in made.messages if sent not in early]
            made.appends += early
        return made

    patch.setattr(Raft, "ready", ready)


def go_on_without_a_disk(patch: pytest.MonkeyPatch) -> None:
    """An error of the storage is passed over."""
    original = Writer._write

    def write(writer: Writer, ready: Ready) -> None:
        try:
            original(writer, ready)
        except Exception:
            return

    patch.setattr(Writer, "_write", write)


def apply_what_is_only_written(patch: pytest.MonkeyPatch) -> None:
    """Entries are applied, clients answered and watchers told once this node has them on disk."""
    original = Node._complete

    def complete(node: Node, ready: Ready) -> None:
        ready.committed = [entry for entry in ready.entries if entry.index > node.applied]
        original(node, ready)

    patch.setattr(Node, "_complete", complete)


def apply_a_refused_command_as_nothing(patch: pytest.MonkeyPatch) -> None:
    """Whoever asked for what is refused hears that it was done."""

    def apply(store: Store, command: Command) -> object:
        try:
            return original(store, command)
        except StoreError:
            return None

    original = store_module.apply
    patch.setattr(node_module, "apply", apply)


def count_a_change_of_members_twice(patch: pytest.MonkeyPatch) -> None:
    """A change of members is applied twice."""
    original = cluster.apply_change

    def apply_change(store: Store, change: Change) -> None:
        original(store, change)
        original(store, change)

    patch.setattr(node_module, "apply_change", apply_change)


def read_before_it_is_applied(patch: pytest.MonkeyPatch) -> None:
    """A linearizable read is served once its index is known, applied or not."""
    original = LinearizableReads.ready

    def ready(reads: LinearizableReads, applied: int) -> Iterator[WaitingRead]:
        return original(reads, 1 << 62)

    patch.setattr(LinearizableReads, "ready", ready)


def read_with_an_older_confirmation(patch: pytest.MonkeyPatch) -> None:
    """A read joins a batch that was asked about before the read came."""

    def add(reads: LinearizableReads, done: object, now: float) -> None:
        if reads._batches:
            next(reversed(reads._batches.values())).reads.append(WaitingRead(done, now))  # type: ignore[arg-type]
        else:
            original(reads, done, now)  # type: ignore[arg-type]

    original = LinearizableReads.add
    patch.setattr(LinearizableReads, "add", add)


def number_reads_from_one(patch: pytest.MonkeyPatch) -> None:
    """Reads have the numbers of an earlier run's, answers to which may still be on their way."""
    original = LinearizableReads.__init__
    patch.setattr(LinearizableReads, "__init__", lambda reads, first: original(reads, 0))


def number_requests_from_one(patch: pytest.MonkeyPatch) -> None:
    """Requests have the numbers of an earlier run's, which may still be committed."""
    original = Pending.__init__
    patch.setattr(Pending, "__init__", lambda pending, me, now_ms: original(pending, me, 0))


def answer_whoever_waits_longest(patch: pytest.MonkeyPatch) -> None:
    """An applied entry answers the oldest request, whoever sent it."""

    def take(pending: Pending, number: int) -> Waiting | None:
        if not pending._waiting:
            return None
        return pending._waiting.pop(next(iter(pending._waiting)))

    patch.setattr(Pending, "take", take)


def propose_what_was_given_up(patch: pytest.MonkeyPatch) -> None:
    """What has timed out is proposed all the same when there is a leader again."""

    def overdue(proposals: Proposals, before: float) -> list[Waiting]:
        return list(proposals.pending.overdue(before))

    patch.setattr(Proposals, "overdue", overdue)


def propose_again_what_was_sent(patch: pytest.MonkeyPatch) -> None:
    """What was given to the core is given to it once more."""
    original = Raft.propose

    def propose(raft: Raft, proposals: Sequence[Proposal]) -> bool:
        return original(raft, [*proposals, *proposals])

    patch.setattr(Raft, "propose", propose)


def expire_by_the_local_clock(patch: pytest.MonkeyPatch) -> None:
    """Each node expires keys by its own clock when it is told to, not by the leader's."""
    original = Node._apply

    def applied(node: Node, entries: Sequence[Entry]) -> None:
        def expire(command: Sync, store: Store) -> None:
            store.delete_expired(node.clock.time_ns())

        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(Sync, "apply", expire)
            original(node, entries)

    patch.setattr(Node, "_apply", applied)


def expire_on_every_node(patch: pytest.MonkeyPatch) -> None:
    """Keys go when a node looks at them, without an entry in the log."""
    original = Duties.see_to

    def see_to(duties: Duties, now: float) -> None:
        original(duties, now)
        duties._node.store.delete_expired(duties._node.clock.time_ns())

    patch.setattr(Duties, "see_to", see_to)
