"""The matrix of links."""

from __future__ import annotations

import pytest

from vard_http.dev.partitions import LinkMatrix


@pytest.fixture
def matrix() -> LinkMatrix:
    return LinkMatrix(5)


def test_all_links_are_whole_at_first(matrix: LinkMatrix) -> None:
    assert not any(matrix.is_cut(a, b) for a in matrix.nodes for b in matrix.nodes)


def test_a_partition_cuts_both_directions_and_not_within_it(matrix: LinkMatrix) -> None:
    matrix.partition([1, 2])
    assert matrix.is_cut(1, 3)
    assert matrix.is_cut(3, 1)
    assert not matrix.is_cut(1, 2)
    assert not matrix.is_cut(3, 4)
    assert matrix.cut_from(1) == (3, 4, 5)


def test_a_cut_is_one_direction_and_both_ends_are_cut_from_each_other(matrix: LinkMatrix) -> None:
    matrix.cut(1, 2)
    assert matrix.is_cut(1, 2)
    assert not matrix.is_cut(2, 1)
    assert matrix.cut_from(1) == (2,)
    assert matrix.cut_from(2) == (1,)


def test_healing_a_node_leaves_other_partitions(matrix: LinkMatrix) -> None:
    matrix.partition([1])
    matrix.partition([2])
    matrix.cut(1, 3)
    matrix.heal([1])
    assert matrix.cut_from(1) == (2,)
    assert matrix.cut_from(2) == (1, 3, 4, 5)


def test_healing_a_node_ends_the_partition_it_is_in(matrix: LinkMatrix) -> None:
    matrix.partition([1, 2])
    matrix.heal([2])
    assert matrix.cut_from(1) == ()


def test_healing_all(matrix: LinkMatrix) -> None:
    matrix.partition([1, 2])
    matrix.cut(3, 4)
    matrix.heal()
    assert [matrix.cut_from(node) for node in matrix.nodes] == [()] * 5


@pytest.mark.parametrize(
    ("node", "working", "has"),
    [
        (1, [1, 2, 3, 4, 5], False),
        (3, [1, 2, 3, 4, 5], True),
        (3, [1, 2, 3, 4], False),
        (3, [4, 5], True),
    ],
    ids=["minority", "majority", "majority, one of it down", "itself counts"],
)
def test_a_majority_is_of_all_nodes(
    matrix: LinkMatrix, node: int, working: list[int], has: bool
) -> None:
    matrix.partition([1, 2])
    assert matrix.has_majority(node, working) is has
