"""Faults of configuration changes, learners and hand-over."""

from __future__ import annotations

import pytest

from vard_http.raft import NOBODY, Configuration, Raft, core, membership, replication
from vard_http.raft import log as raft_log
from vard_http.raft.configuration import (
    Change,
    ChangeRefused,
    ConfigurationData,
    changed,
    encode_data,
    quorum_value,
)
from vard_http.raft.messages import CONFIGURATION, TimeoutNow
from vard_http.raft.state import State


def count_learners(patch: pytest.MonkeyPatch) -> None:
    """Learners count towards the quorum that commits."""

    def quorum_of_all(configuration: Configuration, values: dict[int, int]) -> int:
        every = tuple(sorted(configuration.voters + configuration.learners))
        return quorum_value(Configuration(every), values)

    patch.setattr(replication, "quorum_value", quorum_of_all)


def change_at_any_time(patch: pytest.MonkeyPatch) -> None:
    """A leader changes the configuration before the last change is committed."""

    def propose_change(state: State, change: Change) -> int:
        data = ConfigurationData(changed(state.configuration, change), change)
        index = state.append_own(CONFIGURATION, encode_data(data))
        state.refresh_progress()
        return index

    patch.setattr(core, "propose_change", propose_change)


def change_before_own_commit(patch: pytest.MonkeyPatch) -> None:
    """A new leader changes the configuration at once (the single-server bug of 2015)."""

    def propose_change(state: State, change: Change) -> int:
        if state.log.configuration_index > state.commit_index:
            raise ChangeRefused("another change is not committed yet")
        data = ConfigurationData(changed(state.configuration, change), change)
        index = state.append_own(CONFIGURATION, encode_data(data))
        state.refresh_progress()
        return index

    patch.setattr(core, "propose_change", propose_change)


def change_several_servers(patch: pytest.MonkeyPatch) -> None:
    """An added server takes the place of another, in one step."""

    def changed_two(configuration: Configuration, change: Change) -> Configuration:
        after = changed(configuration, change)
        added = set(after.voters) - set(configuration.voters)
        kept = set(after.voters) - {max(configuration.voters)} if added else set(after.voters)
        return Configuration(tuple(sorted(kept)), after.learners)

    patch.setattr(membership, "changed", changed_two)


def change_when_committed(patch: pytest.MonkeyPatch) -> None:
    """A configuration is in force once it is committed, not once it is in the log."""
    patch.setattr(
        State,
        "configuration",
        property(lambda state: state.log.configuration_at(state.commit_index)),
    )


def commit_with_the_old_configuration(patch: pytest.MonkeyPatch) -> None:
    """A leader commits a change with the majority from before it."""
    original = replication.advance_commit_index

    def advance_commit_index(state: State) -> None:
        held = state.log._configurations
        before = [pair for pair in held if pair[0] <= state.commit_index]
        state.log._configurations = before
        original(state)
        state.log._configurations = held

    patch.setattr(core, "advance_commit_index", advance_commit_index)


def keep_a_change_that_was_cut_off(patch: pytest.MonkeyPatch) -> None:
    """Cutting the log back does not bring back the configuration from before."""
    original = raft_log.Log._truncate

    def truncate(log: raft_log.Log, index: int) -> None:
        held = list(log._configurations)
        original(log, index)
        log._configurations = held

    patch.setattr(raft_log.Log, "_truncate", truncate)


def removed_leader_never_stands(patch: pytest.MonkeyPatch) -> None:
    """A server that its own, uncommitted, last entry removes leaves elections to the others."""
    patch.setattr(
        State, "promotable", property(lambda state: state.me in state.configuration.voters)
    )


def removed_leader_leads_on(patch: pytest.MonkeyPatch) -> None:
    """A leader that has removed itself does not step down."""
    patch.setattr(core, "step_down_if_removed", lambda _: None)


def transfer_without_the_lock(patch: pytest.MonkeyPatch) -> None:
    """A leader takes new entries while it hands over, so that its successor lags behind again."""
    patch.setattr(Raft, "accepts_proposals", property(lambda raft: raft.state.leader_id != NOBODY))


def transfer_to_one_that_lags(patch: pytest.MonkeyPatch) -> None:
    """A leader tells its successor to stand before that has the whole log."""

    def continue_transfer(state: State) -> None:
        if state.transferee != NOBODY:
            state.send(state.transferee, TimeoutNow(state.current_term))
            state.transferee = NOBODY

    patch.setattr(core, "continue_transfer", continue_transfer)


def successor_takes_over_unasked(patch: pytest.MonkeyPatch) -> None:
    """A successor leads the next term without an election."""

    def handle_timeout_now(state: State, m: TimeoutNow) -> None:
        state.become_candidate()
        state.become_leader()

    patch.setattr(core, "handle_timeout_now", handle_timeout_now)
