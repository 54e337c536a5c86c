"""The cluster at one moment, as far as its members answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from vard_http.client import Member
from vard_http.ctl.observe.figures import NOBODY, Figures


@dataclass(frozen=True, slots=True)
class Sample:
    """What a member told, at the URL `address`, `round_trip` seconds after the question.

    `at` is when, in seconds of a clock that only grows, and `time` in seconds since 1970.
    """

    at: float
    time: float
    round_trip: float
    address: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class Silence:
    """Why there is no sample of a member."""

    reason: str


Answer = Sample | Silence


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`answers` has one for the id of each of `members`; `cluster_id` is empty if nobody said.

    While no members are known, `nobody_at` has why nobody answers, by URL.
    """

    at: float
    cluster_id: str
    members: tuple[Member, ...]
    answers: Mapping[str, Answer]
    nobody_at: Mapping[str, str] = field(default_factory=dict)

    def sample(self, id: str) -> Sample | None:
        """None if that member did not answer."""
        answer = self.answers.get(id)
        return answer if isinstance(answer, Sample) else None

    def samples(self) -> dict[str, Sample]:
        """Those there are, by id, in the order of the members."""
        return {id: answer for id, answer in self.answers.items() if isinstance(answer, Sample)}

    def name(self, id: str) -> str:
        """What to call the member `id`: its name, or its id before it has one."""
        return next((one.name for one in self.members if one.id == id and one.name), id)

    @property
    def nobody(self) -> str:
        """That nobody answers, and why; empty if members are known."""
        places = "; ".join(f"{url}: {reason}" for url, reason in self.nobody_at.items())
        return f"nobody answers at {places}" if places else ""

    @property
    def term(self) -> int | None:
        """The highest that a member told."""
        terms = [one.figures.term for one in self.samples().values()]
        return max((term for term in terms if term is not None), default=None)

    @property
    def leader(self) -> str:
        """The id of the leader of the highest term; NOBODY if no member knows one.

        It counts who says to lead, then whom most others follow.
        """
        newest = [one.figures for one in self.samples().values() if one.figures.term == self.term]
        for figures in newest:
            if figures.role == "leader":
                return figures.id
        named = Counter(figures.leader for figures in newest if figures.leader)
        return named.most_common(1)[0][0] if named else NOBODY


def display_order(members: tuple[Member, ...]) -> tuple[Member, ...]:
    """By name, those without one last: the server's order is that of ids."""
    return tuple(sorted(members, key=lambda one: (not one.name, one.name, one.id)))
