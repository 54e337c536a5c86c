"""`vardctl elect`: to lead, or to see who leads."""

from __future__ import annotations

import click

from vard_http.client import Election
from vard_http.ctl.console import say
from vard_http.ctl.failures import Exit, Failed, failed
from vard_http.ctl.locking import Ended, named, timeout_option, ttl_option
from vard_http.ctl.processes import Signalled, Signals
from vard_http.ctl.session import Session, pass_session

NOBODY = "-"


@click.command()
@click.argument("name")
@click.argument("value", required=False)
@click.option("--listen", is_flag=True, help="Print who leads, now and whenever that changes.")
@ttl_option
@timeout_option
@pass_session
def elect(
    session: Session, name: str, value: str | None, listen: bool, ttl: int, timeout: float | None
) -> int:
    """Stand in the election NAME with VALUE, and lead until SIGINT or SIGTERM.

    The fencing index, which is higher with every leader, and VALUE are printed once elected; at the
    end the next one may lead. If the leadership is lost, the status is 75.

    With --listen a line is printed for each leader: its index and its value, or - while nobody
    leads.
    """
    if listen == (value is not None):
        raise failed(Exit.BAD_ARGUMENTS, "give either VALUE, to lead, or --listen")
    election = session.client.election(named(name), ttl=ttl)
    if value is None:
        return _listen(election)
    signals = Signals()
    try:
        return _lead(election, value, timeout)
    except Signalled as ending:
        return ending.status
    finally:
        signals.restore()


def _listen(election: Election) -> int:
    for leader in election.observe():
        say(NOBODY if leader is None else f"{leader.fencing_index} {leader.value}")
    return Exit.SUCCESS


def _lead(election: Election, value: str, timeout: float | None) -> int:
    try:
        if not election.campaign(value, timeout):
            raise Failed(Ended.TIMED_OUT, f"Error:  not elected in {timeout:g} s")
        try:
            say(f"{election.fencing_index} {value}")
            election.lost.wait()
        except Signalled:
            return Exit.SUCCESS
        raise Failed(Ended.LOST, f"Error:  the leadership is lost: {election.reason}")
    finally:
        election.resign()
