"""`cluster-health`."""

from __future__ import annotations

import json
import time
from http import HTTPStatus

import click

from vard_http.client import ClusterUnavailable
from vard_http.ctl.arguments import takes
from vard_http.ctl.cluster import Cluster, Question, Unreached
from vard_http.ctl.console import say
from vard_http.ctl.failures import Exit, Failed, failed
from vard_http.ctl.goerrors import go_reason
from vard_http.ctl.goflags import GoCommand
from vard_http.ctl.interrupts import interruptible
from vard_http.ctl.members import PATH, Member
from vard_http.ctl.requests import read, unexpected
from vard_http.ctl.session import Session, pass_session
from vard_http.govalues import quote

_BETWEEN = 10.0
"""Seconds from one look to the next with --forever."""


@click.command("cluster-health", cls=GoCommand)
@click.option("--forever", "-f", is_flag=True, help="Look every 10 seconds until Ctrl-C.")
@takes("")
@pass_session
def cluster_health(session: Session, forever: bool, arguments: tuple[str, ...]) -> None:
    """Ask all members whether they are healthy."""
    cluster = session.unsynced_cluster
    cluster.trace_endpoints()
    with interruptible():
        members = _members(cluster)
        while True:
            healthy = sum([_is_healthy(cluster, member) for member in members])
            say(f"cluster is {_word(healthy, len(members))}")
            if not forever:
                break
            say("\nnext check after 10 second...\n")
            time.sleep(_BETWEEN)
    if healthy < len(members):
        raise Failed(Exit.UNHEALTHY)


def _members(cluster: Cluster) -> list[Member]:
    try:
        response = cluster.ask(Question("GET", PATH))
    except Unreached as unreached:
        say("cluster may be unhealthy: failed to list members")
        raise unreached.failure(Exit.SERVER_ERROR) from unreached
    if response.status != HTTPStatus.OK:
        say("cluster may be unhealthy: failed to list members")
        raise failed(Exit.SERVER_ERROR, unexpected(response).message)
    members: list[Member] = read(response)["members"]
    return members


def _is_healthy(cluster: Cluster, member: Member) -> bool:
    """What the first client URL that answers says, which is told."""
    name, urls = f"member {member['id']}", member["clientURLs"] or []
    if not urls:
        say(f"{name} is unreachable: no available published client urls")
        return False
    for url in urls:
        try:
            healthy = _ask(cluster, url)
        except _Unclear as error:
            say(f"failed to check the health of {name} on {url}: {error}")
        else:
            word = "healthy" if healthy else "unhealthy"
            say(f"{name} is {word}: got {word} result from {url}")
            return healthy
    say(f"{name} is unreachable: [{' '.join(urls)}] are all unreachable")
    return False


class _Unclear(Exception):
    """A member's health is not known; says why."""


def _ask(cluster: Cluster, url: str) -> bool:
    try:
        response = cluster.ask_one(url, "/health")
    except ClusterUnavailable as error:
        raise _Unclear(f"Get {quote(url + '/health')}: {go_reason(url, error).text}") from error
    try:
        answer = json.loads(response.body)
        return answer.get("health") in ("true", True)
    except (ValueError, AttributeError) as error:
        raise _Unclear(f"it answered {response.body[:100]!r}") from error


def _word(healthy: int, members: int) -> str:
    if healthy == members:
        return "healthy"
    return "degraded" if healthy else "unavailable"
