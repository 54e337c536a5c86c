"""The linearizability checker knows good histories from bad ones, as trying all orders does."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.verification.linearizability import Operation, Undecided, check

Input = tuple[str, int] | tuple[str, int, int]
Op = Operation[Input, int]
READ: Input = ("read", 0)


def step(state: int, input: Input, output: int | None) -> tuple[bool, int]:
    """A register with compare-and-swap; a swap answers with the value that was there."""
    match input:
        case ("write", value):
            return True, value
        case ("swap", expected, new):
            return output in (None, state), new if state == expected else state
    return output in (None, state), state


def op(invoked: float, returned: float | None, input: Input, output: int | None = None) -> Op:
    return Operation("x", invoked, returned, input, output)


def write(invoked: float, returned: float | None, value: int) -> Op:
    return op(invoked, returned, ("write", value), 0 if returned is not None else None)


def read(invoked: float, returned: float, value: int) -> Op:
    return op(invoked, returned, READ, value)


def swap(invoked: float, returned: float | None, old: int, new: int, was: int | None) -> Op:
    return op(invoked, returned, ("swap", old, new), was)


LINEARIZABLE = {
    "nothing": [],
    "one after another": [write(0, 1, 1), read(2, 3, 1)],
    "a read during a write sees the old value": [write(0, 9, 1), read(1, 2, 0)],
    "a read during a write sees the new value": [write(0, 9, 1), read(1, 2, 1)],
    "operations that touch are concurrent": [write(0, 1, 1), read(1, 2, 0)],
    "a write without an answer comes about": [write(0, None, 1), read(1, 2, 1)],
    "a write without an answer comes about late": [
        write(0, None, 1),
        read(1, 2, 0),
        read(3, 4, 1),
    ],
    "a write without an answer never comes about": [write(0, None, 1), read(1, 2, 0)],
    "one of two swaps wins": [swap(0, 9, 0, 1, 0), swap(0, 9, 0, 2, 1), read(10, 11, 1)],
    "the order of the writes is that of the reads": [
        write(0, 9, 1),
        write(0, 9, 2),
        read(1, 2, 2),
        read(3, 4, 1),
    ],
}

NOT_LINEARIZABLE = {
    "a stale read": [write(0, 1, 1), read(2, 3, 0)],
    "a value from nowhere": [write(0, 1, 1), read(0, 3, 7)],
    "a read of the future": [read(0, 1, 1), write(2, 3, 1)],
    "an unanswered write is not undone": [write(0, None, 1), read(1, 2, 1), read(3, 4, 0)],
    "an unanswered write is not done twice": [
        write(0, None, 1),
        read(1, 2, 1),
        write(3, 4, 2),
        read(5, 6, 1),
    ],
    "two swaps win": [swap(0, 9, 0, 1, 0), swap(0, 9, 0, 2, 0)],
    "two readers disagree on the order of writes": [
        write(0, 9, 1),
        write(0, 9, 2),
        read(1, 2, 1),
        read(3, 4, 2),
        read(5, 6, 1),
    ],
    "a lost update": [write(0, 1, 1), write(2, 3, 2), read(4, 5, 1)],
}


@pytest.mark.parametrize("history", LINEARIZABLE.values(), ids=LINEARIZABLE.keys())
def test_linearizable(history: list[Op]) -> None:
    assert check(history, 0, step) is None


@pytest.mark.parametrize("history", NOT_LINEARIZABLE.values(), ids=NOT_LINEARIZABLE.keys())
def test_not_linearizable(history: list[Op]) -> None:
    assert check(history, 0, step) is not None


def test_the_counterexample_says_how_far_it_went() -> None:
    history = [write(0, 1, 1), read(2, 3, 1), read(4, 5, 0)]
    counterexample = check(history, 0, step)
    assert counterexample is not None
    assert counterexample.explained == (history[0], history[1])
    assert counterexample.stuck == history[2]


def test_each_key_has_a_history_of_its_own() -> None:
    good: list[Op] = [Operation(key, 0, 1, ("write", key), 0) for key in (1, 2)]
    good += [Operation(key, 2, 3, READ, key) for key in (1, 2)]
    assert check(good, 0, step) is None
    bad = [*good, Operation[Input, int](2, 4, 5, READ, 1)]
    counterexample = check(bad, 0, step)
    assert counterexample is not None
    assert counterexample.key == 2


def test_a_search_can_be_limited() -> None:
    history = [write(0, 9, value) for value in range(1, 9)] + [read(10, 11, 0)]
    with pytest.raises(Undecided):
        check(history, 0, step, limit=100)
    assert check(history, 0, step) is not None


def test_a_long_history_takes_one_pass() -> None:
    """Without memory of what was tried, the overlapping writes alone would take for ever."""
    history = []
    for t in range(0, 3000, 3):
        history += [write(t, t + 2.5, t), write(t + 0.5, t + 2.6, t + 1), read(t + 2.7, t + 2.9, t)]
    assert check(history, 0, step, limit=10_000) is None


# Few moments and few values: most operations overlap, and many histories are linearizable.
times = st.tuples(st.integers(0, 12), st.one_of(st.none(), st.integers(0, 6)))
values = st.integers(0, 2)
inputs: st.SearchStrategy[Input] = st.one_of(
    st.just(READ),
    st.tuples(st.just("write"), values),
    st.tuples(st.just("swap"), values, values),
)


@st.composite
def operations(draw: st.DrawFn) -> Op:
    start, duration = draw(times)
    returned = None if duration is None else start + duration
    output = draw(values) if returned is not None else None
    return op(start, returned, draw(inputs), output)


def explains(order: tuple[Op, ...]) -> bool:
    """Whether an order respects time and every output."""
    for position, later in enumerate(order):
        for earlier in order[:position]:
            if later.returned is not None and later.returned < earlier.invoked:
                return False
    state = 0
    for operation in order:
        possible, state = step(state, operation.input, operation.output)
        if not possible:
            return False
    return True


def brute_force(history: list[Op]) -> bool:
    """Try every order of all answered and any unanswered operations."""
    answered = {n for n, operation in enumerate(history) if operation.returned is not None}
    return any(
        explains(tuple(history[n] for n in order))
        for length in range(len(answered), len(history) + 1)
        for order in permutations(range(len(history)), length)
        if answered <= set(order)
    )


@given(st.lists(operations(), max_size=5))
@settings(max_examples=1000, deadline=None)
def test_the_search_agrees_with_trying_all_orders(history: list[Op]) -> None:
    assert (check(history, 0, step) is None) == brute_force(history)
