"""The lines that stand still on a terminal."""

from __future__ import annotations

from vard_http.dev.panel import panel
from vard_http.dev.plan import MAX_NODES, Plan
from vard_http.dev.screen import COLOURS
from vard_http.dev.tally import Tally
from vard_http.dev.view import ClusterView


def test_a_row_for_each_node_the_cluster_the_writer_and_the_keys() -> None:
    lines = panel(ClusterView(3), Plan(3, 12379), chosen=2, tally=Tally(0.0), now=0.5)
    shown = [line.plain for line in lines]
    assert [line[:8] for line in shown[:3]] == ["  node1 ", "> node2 ", "  node3 "]
    assert shown[3] == "NO LEADER; down: node1, node2, node3"
    assert shown[4] == "writer: 0 acknowledged, 0 failed, longest gap 0 ms"
    assert shown[5].startswith("node2: k kill ")
    assert all(len(line) <= 80 for line in shown)


def test_without_a_writer_and_a_choice_there_is_less() -> None:
    lines = panel(ClusterView(9), Plan(9, 12379), chosen=None, tally=None, now=0.0)
    assert len(lines) == 11
    assert lines[-1].plain.startswith("1-9: k kill ")


def test_every_node_has_a_colour_of_its_own() -> None:
    assert len(set(COLOURS)) == MAX_NODES
