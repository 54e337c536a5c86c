"""How many connections are let in."""

from vard_http.api.crowd import Crowd


def none() -> int:
    return 0


def test_without_a_limit_everybody_is_let_in() -> None:
    crowd: Crowd[int] = Crowd(0, none)
    assert all(crowd.enter(number) for number in range(1000))


def test_beyond_the_limit_nobody_is_let_in_until_somebody_leaves() -> None:
    crowd: Crowd[int] = Crowd(2, none)
    assert crowd.enter(1)
    assert crowd.enter(2)
    assert not crowd.enter(3)
    crowd.leave(3)
    assert not crowd.enter(4)
    crowd.leave(1)
    assert crowd.enter(5)
    assert sorted(crowd) == [2, 5]
    assert crowd.refused == 2


def test_connections_that_were_handed_on_count_until_they_are_closed() -> None:
    elsewhere = 0
    crowd: Crowd[int] = Crowd(2, lambda: elsewhere)
    for number in (1, 2):
        assert crowd.enter(number)
        crowd.hand_on(number)
        elsewhere += 1
    assert not crowd.enter(3)
    elsewhere -= 1
    assert crowd.enter(4)
