"""`auth enable` and `auth disable`."""

from __future__ import annotations

from http import HTTPStatus

import click

from vard_http.ctl.arguments import none_accepted, takes
from vard_http.ctl.cluster import Question
from vard_http.ctl.console import say
from vard_http.ctl.groups import GoGroup
from vard_http.ctl.requests import ask_for
from vard_http.ctl.session import Session, pass_session


@click.group(cls=GoGroup)
def auth() -> None:
    """Have the cluster ask who asks, or not."""


@auth.command()
@takes("")
@pass_session
def enable(session: Session, arguments: tuple[str, ...]) -> None:
    """Insist on users and their passwords; there must be a user root."""
    _switch(session, "PUT", arguments)
    say("Authentication Enabled")


@auth.command()
@takes("")
@pass_session
def disable(session: Session, arguments: tuple[str, ...]) -> None:
    """Let everybody do everything."""
    _switch(session, "DELETE", arguments)
    say("Authentication Disabled")


def _switch(session: Session, method: str, arguments: tuple[str, ...]) -> None:
    none_accepted(arguments)
    session.cluster.trace_endpoints()  # as etcdctl does, a second time
    question = Question(method, "/v2/auth/enable")
    ask_for(session.cluster, question, HTTPStatus.OK, HTTPStatus.CREATED)
