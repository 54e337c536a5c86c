"""A path of a search, told for a reader."""

from __future__ import annotations

from collections.abc import Sequence

from tests.verification.model.choices import Choice
from tests.verification.model.properties import Violation
from tests.verification.model.scope import Scope
from tests.verification.model.script import Script
from tests.verification.model.server import Event, Server
from tests.verification.model.world import Space
from vard_http.raft import CONFIGURATION, NOOP, AppendEntries, Entry, InstallSnapshot, decode_data


def story(scope: Scope, space: Space, path: Sequence[Choice], violation: Violation) -> str:
    """Each event, and what its server was like after it; the last event is the one that failed."""
    script = Script(scope, space)
    lines = [f"{scope.name}: {scope.about}"]
    try:
        scope.prologue(script)
        lines += [f"    before  {told(node, event)}" for node, event in script.steps]
        lines += [
            f"            {described(script.space.server(script.world, n))}" for n in names(script)
        ]
        for step, choice in enumerate(path, 1):
            lines.append(f"{step:>4}  {told(choice.node, choice.event)}")
            script.retell(choice)
            lines.append(f"            {described(script.space.server(script.world, choice.node))}")
    except Violation:
        pass
    lines.append(f"      {violation}")
    return "\n".join(lines)


def names(script: Script) -> range:
    return range(1, len(script.world.servers) + 1)


def told(node: int, event: Event) -> str:
    """One event in a few words."""
    what = {
        "deliver": f"{event.source} -> {node}: {spelled(event.message)}",
        "timeout": f"{node} waits no longer for a leader",
        "heartbeat": f"{node} sends heartbeats",
        "silence": f"{node} has led without an answer for an election timeout",
        "transfer overdue": f"{node} waits no longer for its successor",
        "turn": f"{node} ends its turn",
        "crash": f"{node} crashes, and comes back",
        "propose": f"a client gives {node} the entry {event.data.decode()!r}",
        "read": f"a client asks {node} for read {event.number}",
        "change": f"an operator tells {node}: {event.change}",
        "transfer": f"{node} is to hand over to {event.source}",
        "snapshot": f"{node} takes a snapshot",
    }[event.kind]
    if event.late:
        what += ", long after its leader was heard"
    if event.hold:
        what += "; its turn goes on"
    if event.crash_at:
        what += f"; it crashes before write {event.crash_at} of this turn, and comes back"
    return what


def spelled(message: object) -> str:
    if isinstance(message, AppendEntries):
        held = " ".join(shortly(entry) for entry in message.entries)
        return (
            f"AppendEntries(term {message.term}, after {message.prev_log_index}"
            f" of term {message.prev_log_term}, [{held}], commit {message.leader_commit},"
            f" round {message.read_round})"
        )
    if isinstance(message, InstallSnapshot):
        return (
            f"InstallSnapshot(term {message.term}, up to {message.meta.index}"
            f" of term {message.meta.term}, chunk {message.chunk})"
        )
    return str(message)


def shortly(entry: Entry) -> str:
    """index.term:content"""
    if entry.kind == NOOP:
        content = "noop"
    elif entry.kind == CONFIGURATION:
        configuration = decode_data(entry.data).configuration
        content = f"voters{configuration.voters}"
        if configuration.learners:
            content += f"learners{configuration.learners}"
    else:
        content = entry.data.decode()
    return f"{entry.index}.{entry.term}:{content}"


def described(server: Server) -> str:
    state, disk = server.raft.state, server.disk
    log = state.log
    held = " ".join(shortly(entry) for entry in log.slice(log.offset + 1, log.last_index + 1))
    start = f"{log.offset}.{log.offset_term} | " if log.offset else ""
    text = (
        f"= {server.node}: {state.role.value}, term {state.current_term},"
        f" vote {state.voted_for or '-'}, leader {state.leader_id or '-'},"
        f" log [{start}{held}], commit {state.commit_index}"
    )
    if (disk.hard_state.term, disk.last_index) != (state.current_term, log.last_index):
        text += f"; on disk term {disk.hard_state.term}, log up to {disk.last_index}"
    return text
