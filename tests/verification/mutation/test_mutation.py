"""Each deliberate fault is caught by the fastest of the checks that can."""

from __future__ import annotations

import pytest

from tests.verification.mutation.mutant import Mutant
from tests.verification.mutation.table import MUTANTS


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_fault_is_caught(mutant: Mutant) -> None:
    check = mutant.checks[0]
    catch = mutant.caught_by(check)
    assert catch is not None, f"{mutant.name} is not caught by {check}: {mutant.fault}"
    assert catch.name in check.names, catch


def test_without_a_fault_nothing_is_caught() -> None:
    nothing = Mutant(lambda _: None, ())
    checks = {check for mutant in MUTANTS for check in mutant.checks[:1]}
    cheap = [check for check in checks if type(check).__name__ == "Tested"]
    assert [check for check in cheap if nothing.caught_by(check) is not None] == []


def test_every_fault_is_there_once_and_says_what_it_breaks() -> None:
    names = [mutant.name for mutant in MUTANTS]
    assert len(set(names)) == len(names) >= 40
    assert all(mutant.fault.endswith(".") for mutant in MUTANTS)
