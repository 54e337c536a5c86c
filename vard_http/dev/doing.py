"""Doing to nodes what was asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from vard_http.dev.actions import Action, Verb
from vard_http.dev.cluster import Cluster
from vard_http.dev.member import Member
from vard_http.dev.status import names
from vard_http.dev.view import Process

Say = Callable[[str], None]


async def do(cluster: Cluster, action: Action, say: Say) -> None:
    """Carry out an action of nodes; what the processes do about it the cluster tells by itself."""
    match action.verb:
        case Verb.PARTITION:
            _partition(cluster, action.nodes, say)
        case Verb.PARTITION_OR_HEAL:
            others = cluster.plan.nodes - 1
            (node,) = action.nodes
            if len(cluster.view.matrix.cut_from(node)) == others:
                _heal(cluster, action.nodes, say)
            else:
                _partition(cluster, action.nodes, say)
        case Verb.CUT:
            cluster.cut(*action.nodes)
            say("node{} does not hear node{} any more".format(*reversed(action.nodes)))
        case Verb.HEAL:
            _heal(cluster, action.nodes, say)
        case _:
            members = [cluster.members[number] for number in action.nodes]
            await asyncio.gather(*(_to_process(member, action.verb, say) for member in members))


def _partition(cluster: Cluster, group: tuple[int, ...], say: Say) -> None:
    others = [number for number in cluster.members if number not in group]
    if not others:
        say("There is nobody to cut them off from.")
        return
    cluster.partition(group)
    say(f"{names(group)} cut off from {names(others)}")


def _heal(cluster: Cluster, nodes: tuple[int, ...], say: Say) -> None:
    cluster.heal(nodes or None)
    say(f"the links of {names(nodes) or 'all'} are whole")


async def _to_process(member: Member, verb: Verb, say: Say) -> None:
    name, process = member.endpoint.name, member.process
    if verb is Verb.PAUSE_OR_CONTINUE:
        verb = Verb.CONTINUE if process is Process.PAUSED else Verb.PAUSE
    if verb is Verb.RESTART:
        await member.restart()
    elif process is Process.DOWN:
        say(f"{name} is down")
    elif verb is Verb.KILL:
        member.kill()
    elif verb is Verb.TERMINATE:
        member.terminate()
    elif verb is Verb.PAUSE:
        member.pause()
    elif verb is Verb.CONTINUE:
        member.resume()
