"""What strangers and clients say on the port of vard's protocol."""

from __future__ import annotations

import asyncio
import re
from typing import Final, NamedTuple, cast

from hypothesis import strategies as st

from tests.fuzz.member import NOW, Member
from tests.fuzz.mutations import mutated
from tests.fuzz.target import Target
from tests.unit.vardwire.support import ALICE, BOB, Caller, framed
from vard_http.node import Node
from vard_http.node.pending import Done
from vard_http.store import Command
from vard_http.vardwire import VardClients
from vard_http.vardwire.codec import MAX_FRAME

_WORD: Final = st.sampled_from((b"a", b"a/b", b"/", b"-", b"x" * 300, b"value9", b"a_b"))
_NUMBER: Final = st.sampled_from((b"0", b"1", b"2", b"007", b"9" * 30, b"-1", b""))
_OPERATION: Final = st.sampled_from((b"GET", b"PUT", b"DEL", b"CAS", b"CAD", b"get", b"POP"))
_SPACE: Final = st.sampled_from((b" ", b" ", b" ", b"  ", b"\n"))
_REQUEST: Final = st.tuples(
    _NUMBER, _SPACE, _OPERATION, _SPACE, _WORD, _SPACE, _WORD, _SPACE, _WORD
).map(b"".join)
_NAME: Final = st.sampled_from((ALICE, ALICE, BOB, b"nobody", b""))
_SPEECH: Final = st.tuples(_NAME, st.lists(_REQUEST, max_size=5)).map(
    lambda parts: framed(parts[0], *parts[1])
)
_ANSWER: Final = re.compile(rb"Response [0-9]+ \S+ \S+ \S+|NotLeader [0-9]+|Error [0-9]+ \S+: .+")


class Speech(NamedTuple):
    """What one connection says, in pieces of this size."""

    data: bytes
    piece: int


class _Leader(Member):
    """As much of a Node as vard's clients need; it leads if `is_leader`."""

    def __init__(self, *, is_leader: bool) -> None:
        super().__init__()
        self.is_leader = is_leader
        self.leader_observers: list[object] = []

    @property
    def clock(self) -> _Leader:
        return self

    @staticmethod
    def time_ns() -> int:
        return NOW

    def propose_as_leader(self, command: Command, done: Done) -> None:
        self.propose(command, done)


class _Clients(VardClients):
    """Without a clock: nobody is waited for."""

    def _look(self) -> None:
        pass


def check_speeches(said: tuple[list[Speech], bool]) -> None:
    """Whatever is said, answers are whole, no more than requests, and the member goes on."""
    asyncio.run(_check(*said))


async def _check(speeches: list[Speech], leads: bool) -> None:
    member = _Leader(is_leader=leads)
    clients = _Clients(cast(Node, member), limit=10)
    for speech in speeches:
        caller = Caller(clients, None)
        for start in range(0, len(speech.data), speech.piece):
            if caller.line.closed:
                break
            caller.session.data_received(speech.data[start : start + speech.piece])
            assert len(caller.session._frames) <= 4 + MAX_FRAME + speech.piece
        settled = False
        while not settled:
            settled = not member.settle()
            await asyncio.sleep(0)  # for sessions that let others have their turn
        answers = caller.heard()
        assert all(_ANSWER.fullmatch(answer) for answer in answers)
        assert len(answers) <= len(speech.data) // 4
        caller.hang_up()
    assert clients._sessions == set()
    assert clients._requests._waiting == set()


_BYTES: Final = st.one_of(_SPEECH, mutated(_SPEECH), st.binary(max_size=100))

TARGET: Final = Target(
    "vard",
    st.tuples(
        st.lists(st.builds(Speech, _BYTES, st.sampled_from((1, 7, 1000, 1 << 18))), max_size=4),
        st.sampled_from((True, True, False)),
    ),
    check_speeches,
    400,
)
