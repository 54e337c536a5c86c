"""Which endpoints are tried, in which order, and when one that failed is tried again."""

from __future__ import annotations

import random

from vard_http.proxy.director import Director


class Time:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def director(time: Time) -> Director:
    return Director(5.0, time, random.Random(7))


def urls(director: Director) -> set[str]:
    return {endpoint.url for endpoint in director.available()}


def test_there_are_none_at_first() -> None:
    assert director(Time()).available() == []


def test_one_that_failed_rests_for_a_while() -> None:
    time = Time()
    some = director(time)
    some.replace(["a", "b"])
    failed = some.available()[0]
    assert some.failed(failed)
    assert failed.url not in urls(some)
    time.now += 4.9
    assert failed.url not in urls(some)
    time.now += 0.1
    assert urls(some) == {"a", "b"}


def test_a_second_failure_does_not_make_the_rest_longer() -> None:
    time = Time()
    some = director(time)
    some.replace(["a"])
    (failed,) = some.available()
    some.failed(failed)
    time.now += 3
    assert not some.failed(failed)
    time.now += 2
    assert urls(some) == {"a"}


def test_new_endpoints_do_not_rest() -> None:
    some = director(Time())
    some.replace(["a"])
    some.failed(some.available()[0])
    some.replace(["a"])
    assert urls(some) == {"a"}


def test_the_order_is_random() -> None:
    some = director(Time())
    firsts = set()
    for _ in range(50):
        some.replace(["a", "b", "c"])
        firsts.add(some.available()[0].url)
    assert firsts == {"a", "b", "c"}
