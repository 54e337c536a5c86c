"""Places in a queue, against a server in memory: answers that get lost, and time that passes."""

from __future__ import annotations

import pytest

from tests.client.queue_server import QueueServer
from vard_http.client import ClusterUnavailable, NotHeld
from vard_http.client.endpoints import Endpoints
from vard_http.client.queueing import Place

TTL = 6


@pytest.fixture
def server() -> QueueServer:
    return QueueServer()


def place(server: QueueServer, endpoints: str = "http://a:1") -> Place:
    return Place(
        Endpoints(endpoints), "/_locks/l", "me", TTL, timeout=5.0, clock=lambda: server.now
    )


def test_the_first_to_come_holds(server: QueueServer) -> None:
    mine = place(server)
    assert server.run(mine.enter())
    assert mine.held
    (key,) = server.keys.values()
    assert mine.first.created_index == key.created
    assert key.value.endswith(" me")


def test_the_next_holds_when_the_one_before_leaves(server: QueueServer) -> None:
    first, second = place(server), place(server)
    server.run(first.enter())
    server.at(server.now + 1, lambda: server.run(first.leave()))
    assert server.run(second.enter())
    assert server.now == pytest.approx(101, abs=0.2)
    assert (second.held, first.held) == (True, False)
    assert second.first.created_index > 11


def test_a_place_is_refreshed_while_it_waits(server: QueueServer) -> None:
    other = server.join()
    mine = place(server)
    server.at(server.now + 10 * TTL, lambda: server.delete(other))
    assert server.run(mine.enter())
    assert server.log.count("POST") == 1
    assert server.log.count("PUT") >= 20


def test_only_the_place_before_is_watched(server: QueueServer) -> None:
    first, second = server.join(), server.join()
    mine = place(server)
    server.at(server.now + 1, lambda: server.delete(first))
    listed = len([entry for entry in server.log if entry == "GET"])
    server.at(server.now + 2, lambda: server.delete(second))
    assert server.run(mine.enter())
    # Two listings and one poll: that the first one went was nobody's business.
    assert len([entry for entry in server.log if entry == "GET"]) - listed == 3


def test_a_post_whose_answer_was_lost_is_found_in_the_queue(server: QueueServer) -> None:
    server.lose = ["POST"]
    mine = place(server)
    assert server.run(mine.enter())
    assert (server.log.count("POST"), len(server.keys)) == (1, 1)
    server.run(mine.leave())
    assert not server.keys


def test_a_post_that_never_arrived_is_made_again(server: QueueServer) -> None:
    server.swallow = ["POST"]
    assert server.run(place(server).enter())
    assert (server.log.count("POST"), len(server.keys)) == (2, 1)


def test_a_post_that_arrives_late_does_not_make_a_second_place(server: QueueServer) -> None:
    """It comes while we wait; the next look at the queue deletes what is behind our place."""
    other = server.join()
    server.swallow = ["POST"]
    server.at(server.now + 3, server.late)
    server.at(server.now + 4, lambda: server.delete(other))
    mine = place(server)
    assert server.run(mine.enter())
    assert [key.created for key in server.keys.values()] == [mine.first.created_index]


def test_a_post_that_arrives_after_all_goes_when_the_place_is_left(server: QueueServer) -> None:
    server.swallow = ["POST"]
    mine = place(server)
    assert server.run(mine.enter())
    server.late()
    assert len(server.keys) == 2
    server.run(mine.leave())
    assert not server.keys


def test_an_orphan_blocks_others_for_its_ttl_at_most(server: QueueServer) -> None:
    server.swallow = ["POST"]
    gone = place(server)
    server.run(gone.enter())
    server.late()
    started = server.now
    assert server.run(place(server).enter())
    assert server.now - started <= TTL + 1


def test_waiting_ends_at_its_deadline(server: QueueServer) -> None:
    server.join()
    mine = place(server)
    assert not server.run(mine.enter(deadline=server.now + 3))
    assert server.now == pytest.approx(103, abs=0.2)
    server.run(mine.leave())
    assert len(server.keys) == 1


def test_a_lock_that_is_free_needs_no_time(server: QueueServer) -> None:
    assert server.run(place(server).enter(deadline=server.now))
    assert not server.run(place(server).enter(deadline=server.now))


def test_no_place_is_asked_for_where_nobody_answers(server: QueueServer) -> None:
    server.down = True
    with pytest.raises(ClusterUnavailable):
        server.run(place(server).enter())


def test_a_place_that_expired_while_nobody_answered_is_asked_for_again(server: QueueServer) -> None:
    other = server.join()
    server.at(server.now + 1, lambda: setattr(server, "down", True))
    server.at(server.now + 3 * TTL, lambda: setattr(server, "down", False))
    server.at(server.now + 4 * TTL, lambda: server.delete(other))
    mine = place(server)
    assert server.run(mine.enter())
    assert server.log.count("POST") == 2


def test_a_held_place_stays_while_it_is_refreshed(server: QueueServer) -> None:
    mine = place(server)
    server.run(mine.enter())
    (key,) = server.keys
    server.at(server.now + 10 * TTL, lambda: server.delete(key))
    assert "deleted" in server.run(mine.keep())
    assert server.now - 100 >= 10 * TTL
    assert not mine.held


def test_a_refresh_whose_answer_was_lost_is_made_again(server: QueueServer) -> None:
    mine = place(server)
    server.run(mine.enter())
    (key,) = server.keys
    server.lose = ["PUT", "PUT"]
    server.at(server.now + 2 * TTL, lambda: server.delete(key))
    server.run(mine.keep())
    assert server.now - 100 >= 2 * TTL


def test_a_full_disk_is_no_loss_while_the_ttl_lasts(server: QueueServer) -> None:
    mine = place(server)
    server.run(mine.enter())
    (key,) = server.keys
    server.at(server.now + 1, lambda: setattr(server, "full", True))
    server.at(server.now + TTL - 1, lambda: setattr(server, "full", False))
    server.at(server.now + 2 * TTL, lambda: server.delete(key))
    server.run(mine.keep())
    assert server.now - 100 >= 2 * TTL


def test_it_is_lost_for_us_before_it_is_anybody_else_s(server: QueueServer) -> None:
    mine = place(server)
    server.run(mine.enter())
    server.down = True
    reason = server.run(mine.keep())
    assert f"for {TTL} s" in reason
    assert not mine.held
    assert server.now - 100 == pytest.approx(TTL, abs=0.5)


def test_a_cluster_that_hangs_does_not_delay_the_news(server: QueueServer) -> None:
    mine = place(server)
    server.run(mine.enter())
    server.hangs = True
    server.run(mine.keep())
    assert server.now - 100 == pytest.approx(TTL, abs=0.5)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_refreshing_and_leaving_are_sent_to_the_next_member(
    server: QueueServer, method: str
) -> None:
    """Unlike other writes: a second one changes nothing."""
    mine = place(server, endpoints="http://a:1,http://b:1")
    server.run(mine.enter())
    (key,) = server.keys
    server.lose = [method]
    server.at(server.now + TTL / 2, lambda: server.delete(key))
    if method == "PUT":
        server.run(mine.keep())
        assert server.now == pytest.approx(100 + TTL * 2 / 3)
    else:
        server.run(mine.leave())
    assert server.log.count(method) == 2 + (method == "PUT")


def test_it_does_not_count_as_held_when_its_time_is_over(server: QueueServer) -> None:
    """However late whoever keeps it gets to run."""
    mine = place(server)
    server.run(mine.enter())
    server.now += TTL
    assert not mine.held
    assert mine.first.created_index == 11


def test_what_is_not_held_has_no_index(server: QueueServer) -> None:
    mine = place(server)
    with pytest.raises(NotHeld):
        _ = mine.first
    server.run(mine.enter())
    server.run(mine.leave())
    with pytest.raises(NotHeld):
        _ = mine.first


@pytest.mark.parametrize("ttl", [0, -1])
def test_a_lock_needs_a_ttl(ttl: int) -> None:
    with pytest.raises(ValueError, match="ttl"):
        Place(Endpoints("http://a:1"), "/_locks/l", "", ttl, timeout=5.0)
