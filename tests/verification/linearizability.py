"""Is a history of concurrent operations linearizable? (Herlihy and Wing 1990)

The search is Wing and Gong's (1993), which tries every order that respects real time, with Lowe's
(2017) memory of what was tried: a set of finished operations together with the state they led to is
never entered twice. Linearizability is local, so each object (key) is searched on its own.

    def step(state, input, output):             # a register
        if input[0] == "write":
            return True, input[1]
        return output in (None, state), state   # None: nobody knows what was read

    history = [
        Operation("x", 0.0, 1.0, ("write", 5), "ok"),
        Operation("x", 0.5, None, ("write", 6), None),    # no answer: it may come about or not
        Operation("x", 2.0, 3.0, ("read",), 6),
    ]
    assert check(history, initial=0, step=step) is None
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Generic, TypeVar

from msgspec import Struct

State = TypeVar("State", bound=Hashable)
Input = TypeVar("Input")
Output = TypeVar("Output")

Step = Callable[[State, Input, Output | None], tuple[bool, State]]
"""Whether `input` in this state can be answered by `output`, and the state then.

The answer to an operation without one is None, which every state allows.
"""


class Operation(Struct, Generic[Input, Output], frozen=True):
    """What one client did to the object `key`; times are of one clock, in any unit.

    `returned` is None if no answer came, or one that leaves open what happened (a timeout, a broken
    connection): such an operation takes effect at any later time or never. Operations that
    certainly had no effect (refused ones) are left out of a history.
    """

    key: Hashable
    invoked: float
    returned: float | None
    input: Input
    output: Output | None


class Counterexample(Struct, Generic[Input, Output], frozen=True):
    """Why the history of `key` is not linearizable: after its longest explanation, `explained` in
    the order in which it took effect, nothing explains `stuck` any more."""

    key: Hashable
    explained: tuple[Operation[Input, Output], ...]
    stuck: Operation[Input, Output]


class Undecided(Exception):
    """The search has met more states than it was allowed to."""


def check(
    operations: Iterable[Operation[Input, Output]],
    initial: State,
    step: Step[State, Input, Output],
    limit: int | None = None,
) -> Counterexample[Input, Output] | None:
    """None if the history of each object is linearizable, else the first object's that is not.

    All objects begin as `initial`. Raises Undecided after `limit` states of one object.
    """
    histories: dict[Hashable, list[Operation[Input, Output]]] = defaultdict(list)
    for operation in operations:
        histories[operation.key].append(operation)
    for history in histories.values():
        counterexample = _Search(history, initial, step, limit).run()
        if counterexample is not None:
            return counterexample
    return None


class _Search(Generic[State, Input, Output]):
    """Invocations and returns are a linked list in order of time; one that has found its place in
    the order is taken out. Slot 2i + 1 is the invocation of operation i and 2i + 2 its return;
    slot 0 is both ends of the list."""

    def __init__(
        self,
        history: Sequence[Operation[Input, Output]],
        initial: State,
        step: Step[State, Input, Output],
        limit: int | None,
    ) -> None:
        self._history = history
        self._state = initial
        self._step = step
        self._limit = limit
        # At equal times invocations come first: operations that touch count as concurrent.
        events = [(operation.invoked, 0, 2 * i + 1) for i, operation in enumerate(history)]
        events += [
            (op.returned, 1, 2 * i + 2) for i, op in enumerate(history) if op.returned is not None
        ]
        self._unanswered = len(events) - len(history)
        self._next = [0] * (2 * len(history) + 1)
        self._previous = [0] * (2 * len(history) + 1)
        last = 0
        for _, _, slot in sorted(events):
            self._next[last], self._previous[slot] = slot, last
            last = slot
        self._next[last], self._previous[0] = 0, last

    def run(self) -> Counterexample[Input, Output] | None:
        done = 0
        tried: set[tuple[int, State]] = set()
        order: list[tuple[int, State]] = []
        explained: list[int] = []
        stuck = 0
        slot = self._next[0]
        while self._unanswered:
            number = (slot - 1) // 2
            if slot % 2:
                operation = self._history[number]
                possible, state = self._step(self._state, operation.input, operation.output)
                if possible and (entry := (done | 1 << number, state)) not in tried:
                    tried.add(entry)
                    if self._limit is not None and len(tried) > self._limit:
                        raise Undecided(f"{operation.key!r}: more than {self._limit} states")
                    order.append((number, self._state))
                    self._state = state
                    done |= 1 << number
                    self._take_out(number)
                    slot = self._next[0]
                else:
                    slot = self._next[slot]
                continue
            # This one returned, so it must be somewhere in the order already: go back.
            if len(order) >= len(explained):
                explained, stuck = [n for n, _ in order], number
            if not order:
                return self._counterexample(explained, stuck)
            number, self._state = order.pop()
            done ^= 1 << number
            self._put_back(number)
            slot = self._next[2 * number + 1]
        return None

    def _take_out(self, number: int) -> None:
        self._unlink(2 * number + 1)
        if self._history[number].returned is not None:
            self._unlink(2 * number + 2)
            self._unanswered -= 1

    def _put_back(self, number: int) -> None:
        if self._history[number].returned is not None:
            self._link(2 * number + 2)
            self._unanswered += 1
        self._link(2 * number + 1)

    def _unlink(self, slot: int) -> None:
        before, after = self._previous[slot], self._next[slot]
        self._next[before], self._previous[after] = after, before

    def _link(self, slot: int) -> None:
        """Undo the latest `_unlink`, whose slot still knows its neighbours."""
        self._next[self._previous[slot]] = slot
        self._previous[self._next[slot]] = slot

    def _counterexample(self, explained: list[int], stuck: int) -> Counterexample[Input, Output]:
        stuck_operation = self._history[stuck]
        order = tuple(self._history[number] for number in explained)
        return Counterexample(stuck_operation.key, order, stuck_operation)
