"""The bug in Raft's single-server membership changes."""

from __future__ import annotations

import contextlib

import pytest

from tests.known_bugs.cores import Cores
from tests.verification.mutation.faults.membership import change_at_any_time
from vard_http.raft import NORMAL, Change, ChangeRefused, Configuration, Proposal, Settings

FOUR = Configuration((1, 2, 3, 4))
SETTINGS = Settings(initial_election_advance=False, pre_vote=False)


def change(cores: Cores, leader: int, wanted: Change) -> None:
    """Have a leader try to change the members; it may refuse."""
    with contextlib.suppress(ChangeRefused):
        cores[leader].propose_change(wanted)


def play() -> Cores:
    """1 leads and appends "add 5", which only 5 gets. 2 is elected by 3 and 4, and would remove 1
    with the help of 3. Then 1, elected by 4 and 5, commits with them.
    """
    cores = Cores((1, 2, 3, 4, 5), FOUR, SETTINGS)
    cores.campaign(1, (1, 2, 3, 4))
    change(cores, 1, Change("add", 5))
    cores.heartbeat(1)
    cores.deliver((1, 5))
    cores.campaign(2, (2, 3, 4), rounds=2)
    assert cores.leaders(2) == [2]
    # The no-op with which 2 began has reached nobody when it is asked to remove 1.
    change(cores, 2, Change("remove", 1))
    cores[2].propose([Proposal(NORMAL, b"of 2")])
    cores.deliver((2, 3))
    cores.campaign(1, (1, 4, 5))  # it notices that nobody follows it any more
    cores.campaign(1, (1, 4, 5))  # in the term in which 4 has voted for 2
    cores.campaign(1, (1, 4, 5))
    assert cores.leaders(3) == [1]
    cores[1].propose([Proposal(NORMAL, b"of 1")])
    cores.deliver((1, 4, 5))
    assert any(entry.data == b"of 1" for entry in cores.committed[1].values())
    return cores


def disagreements(cores: Cores) -> list[int]:
    """Indexes at which two servers have committed different entries."""
    indexes = {index for log in cores.committed.values() for index in log}
    return sorted(
        index
        for index in indexes
        if len({log[index] for log in cores.committed.values() if index in log}) > 1
    )


def test_raft_2015_two_leaders_change_members_and_their_quorums_do_not_meet() -> None:
    """D. Ongaro, "bug in single-server membership changes", raft-dev, 2015-07-10.

    Without the rule that a leader changes nothing before it has committed an entry of its own term,
    {2, 3} and {1, 4, 5} would both commit: two acknowledged histories, one of which is lost.
    """
    assert disagreements(play()) == []


def test_the_schedule_of_2015_breaks_a_core_without_the_rule(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So that the test above is known to be able to fail."""
    change_at_any_time(monkeypatch)
    assert disagreements(play()) != []
