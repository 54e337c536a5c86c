"""A theorem: a name, where it is stated, and what complains if it does not hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from msgspec import Struct

Subject = TypeVar("Subject")

Complaints = Iterator[str]
"""One line for each way in which a theorem does not hold; nothing if it does."""


class Violation(AssertionError):
    """A theorem does not hold; the first word of the message is its name."""

    def __init__(self, theorem: str, detail: str) -> None:
        super().__init__(f"{theorem}: {detail}")
        self.theorem = theorem


class Theorem(Struct, Generic[Subject], frozen=True):
    """`stated_in` is a file of uwplse/verdi-raft below theories/, or a section of Ongaro's thesis
    for what Verdi Raft does not have."""

    name: str
    stated_in: str
    complaints: Callable[[Subject], Complaints]

    def holds(self, subject: Subject) -> bool:
        return next(self.complaints(subject), None) is None


class Theorems(Generic[Subject]):
    """All theorems about one kind of subject, in the order of their definition."""

    def __init__(self, *parts: Theorems[Subject]) -> None:
        self.all: list[Theorem[Subject]] = [theorem for part in parts for theorem in part.all]

    def define(
        self, name: str, stated_in: str
    ) -> Callable[[Callable[[Subject], Complaints]], Callable[[Subject], Complaints]]:
        """Decorates what yields the complaints."""

        def add(
            complaints: Callable[[Subject], Complaints],
        ) -> Callable[[Subject], Complaints]:
            self.all.append(Theorem(name, stated_in, complaints))
            return complaints

        return add

    def violated(self, subject: Subject) -> list[str]:
        """The names of those that do not hold."""
        return [theorem.name for theorem in self.all if not theorem.holds(subject)]

    def require(self, subject: Subject) -> None:
        """Raises Violation for the first that does not hold."""
        for theorem in self.all:
            for complaint in theorem.complaints(subject):
                raise Violation(theorem.name, complaint)
