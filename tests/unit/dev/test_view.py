"""What follows from observations of the nodes."""

from __future__ import annotations

import pytest

from vard_http.dev.view import ClusterView, Elected, Leadership, Lost, Process, Sight


@pytest.fixture
def view() -> ClusterView:
    """Three healthy nodes; node 1 leads in term 2."""
    view = ClusterView(3)
    for number in view.nodes:
        view.turned(number, Process.RUNNING)
        view.saw(number, Sight(number == 1, 2, 8 - number))
        view.checked(number, True)
    return view


def test_ready_is_a_leader_and_every_health_true(view: ClusterView) -> None:
    assert view.ready
    assert view.leader == (1, 2)
    assert view.commit_index == 7
    view.checked(3, False)
    assert not view.ready


@pytest.mark.parametrize("process", [Process.DOWN, Process.PAUSED])
def test_who_cannot_act_leads_nobody(view: ClusterView, process: Process) -> None:
    view.turned(1, process)
    assert view.leader is None
    assert not view.ready


def test_who_is_cut_off_leads_nobody_and_is_not_healthy(view: ClusterView) -> None:
    view.matrix.partition([1])
    view.divided()
    assert view.leader is None
    assert view.healthy() == [2, 3]
    assert view.partitioned() == [1]
    view.matrix.heal()
    assert view.healthy() == [2, 3]  # until node 1 is asked again


def test_who_has_no_majority_left_leads_nobody(view: ClusterView) -> None:
    view.turned(2, Process.PAUSED)
    assert view.leader == (1, 2)
    view.turned(3, Process.DOWN)
    assert view.leader is None


def test_of_two_who_say_they_lead_the_newer_term_is_right(view: ClusterView) -> None:
    view.saw(3, Sight(True, 3, 9))
    assert view.leader == (3, 3)


def test_what_a_node_said_before_it_was_ended_counts_no_more(view: ClusterView) -> None:
    view.turned(1, Process.DOWN)
    view.saw(1, Sight(True, 2, 8))
    view.checked(1, True)
    assert view.leader is None
    assert view.healthy() == [2, 3]
    view.turned(1, Process.RUNNING)
    assert view.leader is None


def test_the_first_leader_follows_nobody() -> None:
    leadership = Leadership()
    assert leadership.update(1.0, None) is None
    assert leadership.update(2.0, (1, 2)) == Elected(None, 1, 2, None)
    assert leadership.update(3.0, (1, 2)) is None


def test_a_change_tells_how_long_there_was_no_leader() -> None:
    leadership = Leadership()
    leadership.update(1.0, (1, 2))
    assert leadership.update(2.0, None) == Lost(1, 2)
    assert leadership.update(2.5, None) is None
    assert leadership.update(3.5, (2, 3)) == Elected(1, 2, 3, 1.5)


def test_a_change_between_two_looks_took_no_longer_than_the_time_between_them() -> None:
    leadership = Leadership()
    leadership.update(1.0, (1, 2))
    leadership.update(2.0, (1, 2))
    assert leadership.update(2.25, (2, 3)) == Elected(1, 2, 3, 0.25)


def test_the_same_leader_in_a_new_term_is_news() -> None:
    leadership = Leadership()
    leadership.update(1.0, (1, 2))
    leadership.update(2.0, None)
    assert leadership.update(3.0, (1, 4)) == Elected(1, 1, 4, 1.0)
