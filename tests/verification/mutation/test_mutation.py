"""Each deliberate fault is caught by the fastest of the checks that can."""

from __future__ import annotations

import pytest

from tests.verification.model.scopes import SCOPES
from tests.verification.mutation.checks import Modelled
from tests.verification.mutation.mutant import Mutant
from tests.verification.mutation.table import MUTANTS


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_fault_is_caught(mutant: Mutant) -> None:
    check = mutant.checks[0]
    catch = mutant.caught_by(check)
    assert catch is not None, f"{mutant.name} is not caught by {check}: {mutant.fault}"
    assert catch.name in check.names, catch


def test_every_scope_of_the_model_checker_can_fail() -> None:
    """Its mutants are caught in it: all checks of all mutants are run by the command."""
    checks = [check for mutant in MUTANTS for check in mutant.checks]
    assert {check.scope for check in checks if isinstance(check, Modelled)} == SCOPES.keys()


def test_every_fault_is_there_once_and_says_what_it_breaks() -> None:
    names = [mutant.name for mutant in MUTANTS]
    assert len(set(names)) == len(names) >= 40
    assert all(mutant.fault.endswith(".") for mutant in MUTANTS)
