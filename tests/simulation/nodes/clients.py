"""Clients: each request goes to some host, and what is known of it becomes a history."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, Final

import msgspec

from tests.simulation.checker import require
from tests.simulation.nodes.host import Host, Process
from tests.simulation.nodes.register import KINDS, NO_ANSWER, Input, Output, output_of, step
from tests.verification.linearizability import Operation, Undecided, check
from vard_http.store import Command, Create, Delete, Event, Set, StoreError

if TYPE_CHECKING:
    from tests.simulation.nodes.world import World

KEYS: Final = (b"/1/a", b"/1/b", b"/1/dir/c")
QUEUE: Final = b"/1/queue"
MILLISECOND: Final = 1_000_000
BIG: Final = 70_000
SEARCH_LIMIT: Final = 20_000

Answer = Event | StoreError | None
Done = Callable[[Answer], None]


class Request(msgspec.Struct, eq=False):
    """One on its way; `lost` is called if its connection breaks."""

    process: Process
    what: str
    lost: Callable[[], None]


class Clients:
    """`open` are the requests that have no answer yet."""

    def __init__(self, world: World) -> None:
        self.open: list[Request] = []
        self.history: list[Operation[Input, Output]] = []
        self.answered = 0
        self.reads = 0
        self._world = world
        self._known: dict[bytes, bytes] = {}

    def act(self, number: int, chance: Random) -> None:
        """One request at a host that is up."""
        host = self._world.someone(chance)
        if host is None:
            return
        roll = chance.random()
        if roll < 0.8:
            self._use_register(number, chance, host)
        else:
            self._litter(number, chance, host, roll)

    def _use_register(self, number: int, chance: Random, host: Host) -> None:
        path = chance.choice(KEYS)
        kind = chance.choices(KINDS, (4, 1, 3, 1, 1, 5))[0]
        value = b"v%d" % number
        if chance.random() < 0.01:
            value += b" " * BIG
        self.ask(host, path, Input(kind, value, self._known.get(path, b"v1")))

    def _litter(self, number: int, chance: Random, host: Host, roll: float) -> None:
        """Writes that no history is kept of: keys in order, keys that expire, whole directories."""
        process = host.process
        assert process is not None
        now = process.loop.time_ns()
        command: Set | Create | Delete
        if roll < 0.9:
            ttl = chance.randrange(300, 2500) * MILLISECOND
            path = b"/1/ttl/%d" % (number % 4)
            command = Set(now, path, b"t%d" % number, expires=now + ttl)
        elif roll < 0.98:
            command = Create(now, QUEUE, b"q%d" % number, in_order=True)
        else:
            command = Delete(now, QUEUE, recursive=True)
        what = f"is asked for {type(command).__name__} {command.path.decode()}"
        self.send(host, what, lambda process, done: _propose(process, command, done))

    def ask(
        self,
        host: Host,
        path: bytes,
        input: Input,
        heard: Callable[[Output | None], None] = lambda _: None,
    ) -> None:
        """Use a register; `heard` gets the answer, None if it leaves open what happened."""
        invoked = self._world.scheduler.now

        def done(answer: Answer) -> None:
            process = request.process
            if isinstance(answer, StoreError) and answer.code == NO_ANSWER:
                unknown()
                return
            assert answer is not None
            output = _read_output(answer) if input.kind == "read" else output_of(answer)
            if isinstance(answer, Event) and input.kind != "read":
                process.observe()
                self._world.reference.answered(answer)
            if output[0] == "done":
                self._known[path] = output[1] or b"" if input.kind == "read" else input.value
            self.history.append(Operation(path, invoked, process.loop.now, input, output))
            self.reads += input.kind == "read"
            heard(output)

        def unknown() -> None:
            if input.kind != "read":
                self.history.append(Operation(path, invoked, None, input, None))
            heard(None)

        def start(process: Process, done: Done) -> None:
            if input.kind == "read":
                _read(process, path, done)
            else:
                _propose(process, input.command(path, process.loop.time_ns()), done)

        what = f"is asked to {input.kind} {path.decode()} ({input.value[:9]!r})"
        request = self.send(host, what, start, done, unknown)

    def send(
        self,
        host: Host,
        what: str,
        start: Callable[[Process, Done], None],
        done: Done = lambda _: None,
        lost: Callable[[], None] = lambda: None,
    ) -> Request:
        """A request to the process on `host`, to which `start` gives it."""
        process = host.process
        assert process is not None
        request = Request(process, what, lost)
        self.open.append(request)
        self._world.tell(host.name, what)

        def answered(answer: Answer) -> None:
            try:
                self._take(request, answer, done)
            except Exception as error:
                self._world.violated(error)

        process.loop.at_once(self._start, process, start, answered)
        return request

    def _start(self, process: Process, start: Callable[[Process, Done], None], done: Done) -> None:
        if process.node is not None:
            start(process, done)

    def _take(self, request: Request, answer: Answer, done: Done) -> None:
        process = request.process
        require(not process.failed, "write_errors_are_final", f"an answer after one: {answer}")
        if process.loop.dead:
            return
        process.reach("before an answer")
        require(request in self.open, "answered_once", request.what)
        self.open.remove(request)
        self.answered += 1
        if self._world.telling:
            self._world.tell(process.host.name, f"answers {_said(answer)}", f"it {request.what}")
        done(answer)

    def ended(self, process: Process) -> None:
        """All connections to a process are broken."""
        mine = [request for request in self.open if request.process is process]
        self.open = [request for request in self.open if request.process is not process]
        for request in mine:
            request.lost()

    def check(self) -> None:
        """EndToEndLinearizability of all that was asked of each register."""
        try:
            wrong = check(self.history, None, step, limit=SEARCH_LIMIT)
        except Undecided:
            self._world.schedule.count("undecided history")
            return
        require(wrong is None, "linearizable", wrong)


def _read_output(answer: Event | StoreError) -> Output:
    if isinstance(answer, Event) and answer.node is not None:
        return "done", answer.node.value
    return output_of(answer)


def _said(answer: Answer) -> str:
    if not isinstance(answer, Event):
        return str(answer)
    value = b"nothing" if answer.node is None else answer.node.value
    return f"{answer.action} at index {answer.index}: {value!r:.20}"


def _propose(process: Process, command: Command, done: Done) -> None:
    assert process.node is not None
    process.node.propose(command, done)


def _read(process: Process, path: bytes, done: Done) -> None:
    """As api.service does: wait for the confirmation, then look."""
    node = process.node
    assert node is not None

    def confirmed(error: StoreError | None) -> None:
        if error is not None:
            done(error)
            return
        try:
            done(node.store.get(path, now=process.loop.time_ns()))
        except StoreError as refusal:
            done(refusal)

    node.read(confirmed)
