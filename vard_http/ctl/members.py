"""`member list`, `add`, `remove` and `update`."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import click

from vard_http.client import Response
from vard_http.ctl.arguments import none_accepted, only, takes
from vard_http.ctl.cluster import Cluster, Question, json_question
from vard_http.ctl.console import complain, say
from vard_http.ctl.failures import Exit, Failed
from vard_http.ctl.groups import GoGroup
from vard_http.ctl.requests import ask_for, read, refused
from vard_http.ctl.session import Session, pass_session
from vard_http.ctl.urls import checked_urls
from vard_http.govalues import quote

PATH = "/v2/members"

Member = dict[str, Any]
"""A member as in the server's JSON."""


@click.group(cls=GoGroup)
def member() -> None:
    """List, add, remove and update members."""


@member.command("list")
@takes("")
@pass_session
def list_(session: Session, arguments: tuple[str, ...]) -> None:
    """List the members, and which of them leads."""
    none_accepted(arguments)
    cluster = session.cluster
    members = members_of(cluster)
    leader_id = _leader_id(cluster)
    for each in members:
        say(_line(each, is_leader=each["id"] == leader_id))


@member.command()
@takes("NAME PEER_URL")
@pass_session
def add(session: Session, arguments: tuple[str, ...]) -> None:
    """Add a member, and show the settings that it is to start with."""
    if len(arguments) != 2:
        raise Failed(Exit.BAD_ARGUMENTS, "Provide a name and a single member peerURL")
    name, url = arguments
    cluster = session.cluster
    response = _ask(
        cluster,
        json_question("POST", PATH, {"peerURLs": checked_urls([url])}),
        HTTPStatus.CREATED,
        HTTPStatus.CONFLICT,
    )
    if response.status != HTTPStatus.CREATED:
        raise refused(response)
    new_id = read(response)["id"]
    say(f"Added member named {name} with ID {new_id} to cluster")
    members = members_of(cluster)
    initial_cluster = ",".join(
        f"{name if each['id'] == new_id else each['name']}={peer_url}"
        for each in members
        for peer_url in each["peerURLs"]
    )
    say(f"\nETCD_NAME={quote(name)}")
    say(f"ETCD_INITIAL_CLUSTER={quote(initial_cluster)}")
    say('ETCD_INITIAL_CLUSTER_STATE="existing"')


@member.command()
@takes("MEMBER_ID")
@pass_session
def remove(session: Session, arguments: tuple[str, ...]) -> None:
    """Remove a member."""
    wanted = only(arguments, "Provide a single member ID")
    cluster = session.cluster
    try:
        members = members_of(cluster)
    except Failed as failure:
        reason = f"Error while verifying ID against known members: {failure.message}"
        raise Failed(Exit.BAD_ARGUMENTS, reason) from failure
    for each in members:
        if each["name"] == wanted:
            complain(
                f"Found a member named {wanted}; if this is correct, please use its ID, eg:\n"
                f"\tvardctl member remove {each['id']}"
            )
    if wanted not in [each["id"] for each in members]:
        reason = f"Couldn't find a member in the cluster with an ID of {wanted}."
        raise Failed(Exit.BAD_ARGUMENTS, reason)
    _remove(cluster, wanted)
    say(f"Removed member {wanted} from cluster")


@member.command()
@takes("MEMBER_ID PEER_URL,...")
@pass_session
def update(session: Session, arguments: tuple[str, ...]) -> None:
    """Give a member other peer URLs."""
    if len(arguments) != 2:
        raise Failed(
            Exit.BAD_ARGUMENTS,
            "Provide an ID and a list of comma separated peerURL"
            " (0xabcd http://example.com,http://example1.com)",
        )
    wanted, urls = arguments
    cluster = session.cluster
    change = {"peerURLs": checked_urls(urls.split(","))}
    response = _ask(
        cluster,
        json_question("PUT", f"{PATH}/{wanted}", change),
        HTTPStatus.NO_CONTENT,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.CONFLICT,
    )
    if response.status != HTTPStatus.NO_CONTENT:
        raise refused(response)
    say(f"Updated member with ID {wanted} in cluster")


def members_of(cluster: Cluster) -> list[Member]:
    """All members, as the one that is asked knows them. Raises Failed."""
    response = _ask(cluster, Question("GET", PATH))
    members: list[Member] = read(response)["members"]
    return members


def _leader_id(cluster: Cluster) -> str:
    try:
        leader: Member = read(_ask(cluster, Question("GET", f"{PATH}/leader")))
    except Failed as failure:
        reason = f"Failed to get leader:  {failure.message}"
        raise Failed(Exit.BAD_ARGUMENTS, reason) from failure
    return str(leader["id"])


def _ask(cluster: Cluster, question: Question, *expected: HTTPStatus) -> Response:
    return ask_for(cluster, question, *expected, told=False)


def _remove(cluster: Cluster, member_id: str) -> None:
    try:
        question = Question("DELETE", f"{PATH}/{member_id}")
        _ask(cluster, question, HTTPStatus.NO_CONTENT, HTTPStatus.GONE)
    except Failed as failure:
        reason = f"Received an error trying to remove member {member_id}: {failure.message}"
        raise Failed(Exit.BAD_ARGUMENTS, reason.rstrip("\n")) from failure


def _line(each: Member, *, is_leader: bool) -> str:
    peer_urls = ",".join(each["peerURLs"])
    if not each["name"]:
        return f"{each['id']}[unstarted]: peerURLs={peer_urls}"
    return (
        f"{each['id']}: name={each['name']} peerURLs={peer_urls}"
        f" clientURLs={','.join(each['clientURLs'] or ())} isLeader={str(is_leader).lower()}"
    )
