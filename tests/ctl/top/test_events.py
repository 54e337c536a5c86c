"""What `top` tells of what happened."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.ctl.snapshots import member, sample, snapshot, told
from vard_http.ctl.observe.snapshot import Snapshot
from vard_http.ctl.top.events import events

CALM = snapshot(told(1), told(2), told(3))
ORPHANS = snapshot(*(told(n, role="follower", leader="", term=6) for n in (1, 2, 3)))
SECOND_LEADS = snapshot(
    *(told(n, role="leader" if n == 2 else "follower", leader="2a", term=6) for n in (1, 2, 3))
)
ONE_IS_LOST = snapshot(told(1), told(2), "connection refused")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (CALM, CALM, []),
        (CALM, ONE_IS_LOST, ["n3 is lost: connection refused"]),
        (ONE_IS_LOST, ONE_IS_LOST, []),
        (ONE_IS_LOST, CALM, ["n3 is back as follower"]),
        (
            snapshot("no answer within 1 s", told(2, role="leader", leader="2a", term=6)),
            snapshot(told(1, term=5), told(2, role="leader", leader="2a", term=6)),
            ["n1 is back"],
        ),
        (CALM, ORPHANS, ["no leader: n1 led until now"]),
        (ORPHANS, SECOND_LEADS, ["n2 leads in term 6"]),
        (CALM, SECOND_LEADS, ["n2 leads in term 6, n1 did before"]),
        (
            CALM,
            snapshot(*(told(number, term=6) for number in (1, 2, 3))),
            ["n1 was elected again, in term 6"],
        ),
        (
            CALM,
            snapshot(told(1), told(2, started=1_700_000_100.0), told(3)),
            ["n2 was restarted"],
        ),
        (
            snapshot(told(1), told(2, role="learner")),
            snapshot(told(1), told(2)),
            ["n2 became a voter"],
        ),
    ],
)
def test_two_looks_tell_what_happened(
    before: Snapshot, after: Snapshot, expected: list[str]
) -> None:
    assert events(before, after) == expected


def test_members_come_and_go() -> None:
    grown = replace(
        CALM,
        members=(*CALM.members, member(4)),
        answers={**CALM.answers, "4a": sample(told(4))},
    )
    assert events(CALM, grown) == ["n4 was added"]
    assert events(grown, CALM) == ["n4 was removed"]


def test_the_first_list_of_members_is_no_event() -> None:
    assert events(Snapshot(0.0, "", (), {}), CALM) == ["n1 leads in term 5"]
