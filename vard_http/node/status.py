"""The state of the core as etcd shows it in /debug/vars."""

from __future__ import annotations

from vard_http.config.identity import format_id
from vard_http.raft import Raft


def raft_status(raft: Raft) -> dict[str, object]:
    """`raft.status` of /debug/vars (contract 15); a leader tells the progress of all."""
    state = raft.state
    progress: dict[str, object] = {}
    if state.is_leader:
        last = state.log.last_index
        shown = {state.me: (last, last + 1, "StateReplicate")}
        for node, one in state.progress.items():
            shown[node] = (one.match_index, one.next_index, f"State{one.mode.capitalize()}")
        for name, (match, following, mode) in sorted((format_id(n), p) for n, p in shown.items()):
            progress[name] = {"match": match, "next": following, "state": mode}
    return {
        "id": format_id(state.me),
        "term": state.current_term,
        "vote": format_id(state.voted_for),
        "commit": state.commit_index,
        "lead": format_id(state.leader_id),
        "raftState": f"State{state.role.value}",
        "applied": state.last_applied,
        "progress": progress,
        "leadtransferee": format_id(state.transferee),
    }
