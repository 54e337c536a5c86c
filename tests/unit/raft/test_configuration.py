"""Quorums and single steps of membership change (thesis 4.1, 4.2.1)."""

from __future__ import annotations

import pytest

from vard_http.raft import Change, ChangeRefused, Configuration
from vard_http.raft.configuration import Operation, changed, is_quorum, quorum_value

FIVE = Configuration((1, 2, 3, 4, 5), (6,))


@pytest.mark.parametrize(
    ("voters", "nodes", "quorum"),
    [
        ((), (1,), False),
        ((1,), (1,), True),
        ((1, 2), (1,), False),
        ((1, 2), (1, 2), True),
        ((1, 2, 3), (1, 3), True),
        ((1, 2, 3, 4), (1, 2), False),
        ((1, 2, 3, 4), (1, 2, 4), True),
        ((1, 2, 3), (1, 7, 8, 9), False),
    ],
)
def test_a_quorum_is_more_than_half_of_the_voters(
    voters: tuple[int, ...], nodes: tuple[int, ...], quorum: bool
) -> None:
    assert is_quorum(Configuration(voters), nodes) is quorum


def test_learners_never_count() -> None:
    assert not is_quorum(FIVE, (1, 2, 6))
    assert quorum_value(FIVE, {1: 9, 2: 9, 6: 9}) == 0


@pytest.mark.parametrize(
    ("voters", "reached", "value"),
    [
        ((1,), {1: 5}, 5),
        ((1, 2), {1: 5, 2: 3}, 3),
        ((1, 2, 3), {1: 5, 2: 3, 3: 1}, 3),
        ((1, 2, 3), {1: 5}, 0),
        ((1, 2, 3, 4), {1: 5, 2: 4, 3: 3, 4: 2}, 3),
        ((2, 3), {1: 9, 2: 4, 3: 3}, 3),
    ],
)
def test_quorum_value_is_what_a_majority_has_reached(
    voters: tuple[int, ...], reached: dict[int, int], value: int
) -> None:
    assert quorum_value(Configuration(voters), reached) == value


@pytest.mark.parametrize(
    ("operation", "node", "after"),
    [
        ("add", 7, Configuration((1, 2, 3, 4, 5, 7), (6,))),
        ("add", 6, Configuration((1, 2, 3, 4, 5, 6))),
        ("learn", 7, Configuration((1, 2, 3, 4, 5), (6, 7))),
        ("remove", 3, Configuration((1, 2, 4, 5), (6,))),
        ("remove", 6, Configuration((1, 2, 3, 4, 5))),
        ("update", 3, FIVE),
    ],
)
def test_changed(operation: Operation, node: int, after: Configuration) -> None:
    assert changed(FIVE, Change(operation, node)) == after


@pytest.mark.parametrize(
    ("before", "change"),
    [
        (FIVE, Change("learn", 1)),
        (Configuration((1,)), Change("remove", 1)),
        (Configuration((1,), (2,)), Change("remove", 1)),
    ],
)
def test_refused_changes(before: Configuration, change: Change) -> None:
    with pytest.raises(ChangeRefused):
        changed(before, change)
