"""Every mutant, and the checks that must catch it: the fastest first."""

from __future__ import annotations

from tests.verification.mutation.checks import Check, Modelled, Simulated, Tested
from tests.verification.mutation.faults import (
    durability,
    elections,
    membership,
    node,
    reads,
    replication,
    snapshots,
    storage,
    store,
)
from tests.verification.mutation.mutant import Break, Mutant

NODE_MILLISECONDS = 3000


def caught(broken: Break, *checks: Check) -> Mutant:
    return Mutant(broken, checks)


def core(profile: str, *names: str, first: int = 0) -> Check:
    """The simulation of cores."""
    return Simulated(profile, names, first)


def nodes(profile: str, *names: str, first: int = 0) -> Check:
    """The simulation of whole nodes."""
    return Simulated(profile, names, first, NODE_MILLISECONDS)


def model(scope: str, *names: str) -> Check:
    return Modelled(scope, names)


def unit(test: str) -> Check:
    return Tested(f"unit/{test}")


LOG = "storage/test_log.py"
WAITING = "node/test_waiting.py"
MEMBERSHIP = "raft/test_membership.py"

ELECTIONS = (
    caught(
        elections.vote_twice,
        model("election", "votes_correct"),
        core("crashy", "votes_correct", "durability_order"),
        model("gathering", "votes_correct"),
    ),
    caught(
        elections.vote_for_shorter_log,
        core("partition", "leader_completeness"),
        model("election", "leader_completeness"),
    ),
    caught(elections.vote_by_length, core("crashy", "leader_completeness", first=20)),
    caught(
        elections.forget_vote, model("election", "durability"), core("calm", "durability_order")
    ),
    caught(
        elections.forget_term, model("election", "durability"), core("calm", "durability_order")
    ),
    caught(
        elections.forget_vote_on_restart,
        model("election", "votes_correct"),
        core("crashy", "votes_correct"),
    ),
    caught(elections.forget_vote_within_a_term, core("lossy", "durability_order")),
    caught(
        elections.count_minority,
        core("membership", "one_leader_per_term", "leader_completeness"),
    ),
    caught(
        elections.count_refusals,
        model("election", "one_leader_per_term"),
        core("lossy", "leader_completeness"),
    ),
    caught(
        elections.count_old_votes, unit("raft/test_election.py::test_replies_that_do_not_count")
    ),
    caught(
        elections.count_pre_votes,
        model("pre-vote", "one_leader_per_term"),
        core("calm", "one_leader_per_term", first=25),
    ),
    caught(elections.pre_vote_takes_the_vote, core("calm", "votes_correct")),
    caught(elections.pre_vote_raises_the_term, core("lossy", "liveness")),
    caught(
        elections.stand_in_the_same_term,
        model("election", "votes_correct"),
        core("lossy", "votes_correct"),
    ),
    caught(elections.obey_old_leaders, model("replication", "committed_by_quorum")),
    caught(elections.no_lease, core("membership", "liveness")),
    caught(
        elections.lead_without_a_quorum,
        unit(f"{MEMBERSHIP}::test_a_leader_without_a_quorum_steps_down"),
    ),
)

DURABILITY = (
    caught(
        durability.send_before_write,
        model("election", "durability"),
        core("calm", "durability_order"),
    ),
    caught(durability.lead_before_term_is_durable, core("membership", "durability_order")),
    caught(
        durability.write_only_the_last_entry,
        core("calm", "entries_contiguous"),
        model("replication", "durability"),
    ),
    caught(
        durability.lose_the_last_entry_on_restart,
        model("crash", "durability"),
        core("crashy", "leader_completeness"),
    ),
    caught(
        durability.commit_all_on_restart,
        model("crash", "state_machine_safety"),
        core("snapshot", "leader_completeness", "state_machine_safety"),
    ),
    caught(
        durability.apply_nothing_again_on_restart,
        core("membership", "state_machine_safety"),
        model("crash", "applied_entries_monotonic"),
    ),
)

REPLICATION = (
    caught(replication.commit_by_counting, core("lossy", "commits_own_term_only")),
    caught(
        replication.commit_with_a_minority,
        core("calm", "committed_by_quorum"),
        model("replication", "committed_by_quorum"),
    ),
    caught(
        replication.count_itself_before_the_write,
        core("membership", "committed_by_quorum", first=8),
    ),
    caught(
        replication.count_what_was_sent,
        model("replication", "committed_by_quorum"),
        core("calm", "committed_by_quorum"),
    ),
    caught(
        replication.count_refused_entries,
        core("lossy", "committed_by_quorum"),
        model("snapshot", "committed_by_quorum"),
    ),
    caught(replication.acknowledge_all_that_is_there, core("lossy", "committed_by_quorum")),
    caught(replication.truncate_always, core("lossy", "durability_order", "committed_by_quorum")),
    caught(replication.heartbeats_truncate, core("lossy", "durability_order", "liveness")),
    caught(
        replication.replace_committed_entries,
        core("calm", "commit_index_monotonic"),
        model("replication", "commit_index_monotonic"),
    ),
    caught(replication.commit_past_match, core("partition", "state_machine_safety")),
    caught(
        replication.commit_index_goes_back,
        core("calm", "commit_index_monotonic"),
        model("forwarding", "commit_index_monotonic"),
    ),
    caught(
        replication.skip_previous_check, core("partition", "log_matching", "state_machine_safety")
    ),
    caught(
        replication.keep_conflicting_entries,
        model("replication", "committed_by_quorum"),
        core("lossy", "committed_by_quorum"),
    ),
    caught(replication.ignore_refusals, core("partition", "liveness")),
    caught(replication.step_back_below_one, core("crashy", "KeyError")),
    caught(
        replication.apply_twice,
        core("calm", "applied_entries_monotonic"),
        model("replication", "applied_entries_monotonic"),
    ),
    caught(
        replication.apply_before_commit,
        core("calm", "state_machine_safety"),
        model("replication", "commit_index_in_log"),
    ),
)

READS = (
    caught(
        reads.read_without_round,
        model("reads", "linearizable_reads"),
        core("crashy", "linearizable_reads"),
    ),
    caught(reads.read_before_own_commit, core("snapshot", "linearizable_reads")),
    caught(
        reads.read_in_an_earlier_round,
        unit("raft/test_reads.py::test_a_round_that_left_before_the_read_came_does_not_confirm_it"),
    ),
    caught(reads.read_with_one_acknowledgement_too_few, model("reads", "linearizable_reads")),
    caught(
        reads.read_at_the_wrong_index,
        core("lossy", "linearizable_reads"),
        model("reads", "linearizable_reads"),
    ),
)

MEMBERSHIP_CHANGES = (
    caught(
        membership.count_learners,
        model("learner", "committed_by_quorum"),
        core("membership", "committed_by_quorum"),
    ),
    caught(
        membership.change_at_any_time,
        core("membership", "liveness", "leader_completeness", first=12),
    ),
    caught(membership.change_before_own_commit, model("two-changes", "leader_completeness")),
    caught(
        membership.change_several_servers,
        core("membership", "leader_completeness", "state_machine_safety", first=15),
    ),
    caught(
        membership.change_when_committed,
        model("removal", "committed_by_quorum"),
        core("membership", "committed_by_quorum"),
    ),
    caught(
        membership.commit_with_the_old_configuration,
        model("removal", "committed_by_quorum"),
        core("chaos", "committed_by_quorum", first=12),
    ),
    caught(
        membership.keep_a_change_that_was_cut_off,
        unit("raft/test_log.py::test_cutting_a_configuration_entry_restores_the_one_before"),
    ),
    caught(membership.removed_leader_never_stands, core("membership", "liveness")),
    caught(membership.removed_leader_leads_on, core("membership", "liveness", first=12)),
    caught(
        membership.transfer_without_the_lock,
        unit(f"{MEMBERSHIP}::test_proposals_wait_during_a_hand_over_which_is_given_up_in_time"),
    ),
    caught(
        membership.transfer_to_one_that_lags,
        unit(f"{MEMBERSHIP}::test_a_target_that_lags_behind_catches_up_first"),
    ),
    caught(
        membership.successor_takes_over_unasked,
        model("transfer", "leader_completeness"),
    ),
)

SNAPSHOTS = (
    caught(snapshots.mix_chunks, core("snapshot", "CorruptSnapshot", "IndexError")),
    caught(
        snapshots.take_chunks_in_any_order,
        core("snapshot", "AssertionError", "CorruptSnapshot"),
    ),
    caught(
        snapshots.snapshot_with_the_wrong_term, core("snapshot", "AssertionError", "log_matching")
    ),
    caught(
        snapshots.snapshot_with_the_latest_configuration,
        unit("raft/test_snapshots.py::test_a_snapshot_has_the_configuration_of_its_position"),
    ),
    caught(snapshots.install_without_truncating, model("snapshot", "commit_index_in_log")),
    caught(snapshots.install_what_is_old, core("snapshot", "commit_index_monotonic", first=20)),
    caught(
        snapshots.forget_more_than_the_snapshot_holds, core("snapshot", "applied_entries_monotonic")
    ),
    caught(snapshots.append_after_the_compaction, core("snapshot", "liveness")),
)

STORAGE = (
    caught(
        storage.commit_without_sync, unit("storage/test_database.py::test_settings_are_in_force")
    ),
    caught(storage.commit_at_the_next_write, unit(f"{LOG}::test_a_new_storage_recovers_empty")),
    caught(
        storage.go_on_after_a_failed_write,
        unit("storage/test_crash.py::test_a_full_disk_is_final_and_said_so"),
    ),
    caught(
        storage.lose_the_last_row,
        unit(f"{LOG}::test_entries_and_hard_state_come_back_as_they_were"),
    ),
    caught(
        storage.lose_the_hard_state,
        unit(f"{LOG}::test_entries_and_hard_state_come_back_as_they_were"),
    ),
    caught(
        storage.keep_the_conflicting_suffix, unit(f"{LOG}::test_a_conflicting_suffix_is_replaced")
    ),
    caught(storage.cut_whole_rows, unit(f"{LOG}::test_a_conflicting_suffix_is_replaced")),
    caught(
        storage.replace_what_is_committed,
        unit(f"{LOG}::test_what_would_break_the_log_is_not_written"),
    ),
    caught(
        storage.trust_rows_unchecked,
        unit(
            "storage/test_damage.py"
            "::test_a_flipped_bit_in_the_database_is_refused_or_does_not_matter"
        ),
    ),
    caught(
        storage.trust_the_hard_state_unchecked,
        unit("storage/test_refusals.py::test_a_database_that_is_not_whole_is_refused"),
    ),
    caught(
        storage.trust_chunks_unchecked,
        unit(
            "storage/test_damage.py"
            "::test_a_flipped_bit_in_the_database_is_refused_or_does_not_matter"
        ),
    ),
    caught(
        storage.compact_what_is_in_no_snapshot,
        unit(f"{LOG}::test_what_is_in_no_snapshot_is_not_compacted"),
    ),
    caught(
        storage.install_beside_the_old_log,
        unit(
            "storage/test_snapshots.py"
            "::test_an_installed_snapshot_replaces_a_log_that_lacks_its_end"
        ),
    ),
    caught(
        storage.count_an_unfinished_snapshot,
        unit(
            "storage/test_snapshots.py::test_an_unfinished_snapshot_is_discarded_at_the_next_open"
        ),
    ),
    caught(
        storage.take_received_chunks_in_any_order,
        unit("storage/test_snapshots.py::test_chunks_out_of_order_are_refused"),
    ),
)

NODE = (
    caught(
        node.answer_before_the_write,
        nodes("nodes", "durability_order"),
        nodes("nodes-disk", "committed_by_quorum"),
    ),
    caught(node.send_before_the_write, nodes("nodes", "durability_order")),
    caught(
        node.go_on_without_a_disk,
        nodes("nodes-disk", "committed_by_quorum"),
        unit("node/test_turn.py::test_when_the_storage_fails_nothing_is_answered_any_more"),
    ),
    caught(node.apply_what_is_only_written, nodes("nodes-disk", "state_machine_safety")),
    caught(
        node.apply_a_refused_command_as_nothing,
        unit("node/test_turn.py::test_a_refused_command_is_answered_with_its_error"),
    ),
    caught(node.count_a_change_of_members_twice, nodes("nodes", "state_machine_safety")),
    caught(
        node.read_before_it_is_applied,
        nodes("nodes-network", "linearizable"),
        unit(f"{WAITING}::test_a_batch_is_served_once_its_index_is_applied"),
    ),
    caught(node.read_with_an_older_confirmation, nodes("nodes-network", "linearizable", first=62)),
    caught(
        node.number_reads_from_one,
        unit(f"{WAITING}::test_a_batch_is_asked_for_again_until_it_is_confirmed"),
    ),
    caught(
        node.number_requests_from_one,
        nodes("nodes-chaos", "output_correct"),
        unit(f"{WAITING}::test_request_numbers_are_the_nodes_own"),
    ),
    caught(node.answer_whoever_waits_longest, nodes("nodes", "watch_complete", "output_correct")),
    caught(
        node.propose_what_was_given_up,
        unit(f"{WAITING}::test_what_has_timed_out_is_not_proposed_later"),
    ),
    caught(
        node.propose_again_what_was_sent,
        unit("node/test_clusters.py::test_all_members_answer_and_come_to_the_same"),
    ),
    caught(
        node.expire_by_the_local_clock, nodes("nodes", "state_machine_safety", "output_correct")
    ),
    caught(node.expire_on_every_node, nodes("nodes", "state_machine_safety")),
)

STORE = (
    caught(
        store.find_events_after_the_index_only,
        nodes("nodes", "watch_complete"),
        unit(
            "store/test_watch_history.py"
            "::test_the_removal_of_a_directory_matches_whatever_begins_like_it"
        ),
    ),
    caught(
        store.keep_no_history_in_a_snapshot,
        unit("store/test_dump.py::test_a_loaded_store_is_the_dumped_one"),
    ),
    caught(
        store.tell_watchers_nothing_of_a_snapshot,
        unit("store/test_dump.py::test_watchers_are_told_what_was_missed"),
    ),
    caught(
        store.forget_events_early,
        unit("store/test_watch_history.py::test_history_holds_the_last_thousand_events"),
    ),
    caught(
        store.tell_one_shot_watchers_again,
        unit(
            "store/test_watch_live.py"
            "::test_a_one_shot_watcher_hears_one_event_even_when_it_is_in_and_above_the_removed"
        ),
    ),
    caught(
        store.tell_watchers_of_refreshes,
        unit("store/test_refresh.py::test_a_refresh_takes_an_index_but_no_watcher_is_told"),
    ),
    caught(
        store.take_an_index_for_a_refusal,
        unit("store/test_checks.py::test_a_refused_operation_names_its_cause_and_changes_nothing"),
    ),
    caught(
        store.swap_without_comparing,
        unit("store/test_checks.py::test_a_refused_operation_names_its_cause_and_changes_nothing"),
    ),
    caught(
        store.expire_what_is_not_due,
        unit(
            "store/test_ttl.py::test_what_is_due_at_the_cutoff_expires_and_what_is_due_later_stays"
        ),
    ),
    caught(
        store.expire_ties_in_order_of_writing,
        unit(
            "store/test_ttl.py"
            "::test_due_nodes_expire_in_order_of_time_and_then_of_path_at_one_index_each"
        ),
    ),
    caught(
        store.dump_what_is_written_meanwhile,
        unit("store/test_dump.py::test_writes_between_the_chunks_do_not_reach_the_dump"),
    ),
    caught(
        store.carry_out_requests_again,
        nodes("nodes", "vard_once"),
        unit("store/test_vard.py::test_a_request_is_carried_out_once_however_often_it_comes"),
    ),
    caught(
        store.keep_no_clients_in_a_snapshot,
        nodes("nodes", "state_machine_safety"),
        unit("store/test_vard.py::test_what_was_answered_survives_a_dump"),
    ),
    caught(
        store.never_count_clients_less,
        unit("store/test_vard.py::test_large_outputs_push_others_out_but_never_the_last"),
    ),
)

MUTANTS = (
    *ELECTIONS,
    *DURABILITY,
    *REPLICATION,
    *READS,
    *MEMBERSHIP_CHANGES,
    *SNAPSHOTS,
    *STORAGE,
    *NODE,
    *STORE,
)
