"""A fault, and the checks that must catch it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from tests.verification.mutation.checks import Catch, Check

Break = Callable[[pytest.MonkeyPatch], None]


class Mutant(msgspec.Struct, frozen=True):
    """`checks` must all catch it; the first is the fastest."""

    broken: Break
    checks: tuple[Check, ...]

    @property
    def name(self) -> str:
        return self.broken.__name__

    @property
    def fault(self) -> str:
        """The fault in a sentence."""
        return " ".join((self.broken.__doc__ or "").split())

    def caught_by(self, check: Check) -> Catch | None:
        """How `check` takes this fault; None if it does not notice it."""
        with pytest.MonkeyPatch.context() as patch:
            self.broken(patch)
            return check.run()
