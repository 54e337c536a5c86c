"""The checks that may catch a fault; each says how it did, or nothing."""

from __future__ import annotations

import contextlib
import io
from typing import Protocol

import msgspec
import pytest

from tests.simulation.run import SimulationFailed, play
from tests.verification.model.scopes import SCOPES
from tests.verification.model.search import explore

SEEDS = 300
CORE_STEPS = 600


class Catch(msgspec.Struct, frozen=True):
    """What caught a fault, as which property or test, and after how much."""

    by: str
    name: str
    after: str


class Check(Protocol):
    """`names` are the properties, or words of the failure, that may be the first to break."""

    @property
    def names(self) -> tuple[str, ...]: ...
    def run(self) -> Catch | None: ...


class Simulated(msgspec.Struct, frozen=True):
    """The simulation of a profile, from seed `first` on."""

    profile: str
    names: tuple[str, ...]
    first: int = 0
    steps: int = CORE_STEPS

    def run(self) -> Catch | None:
        for count, seed in enumerate(range(self.first, self.first + SEEDS), 1):
            try:
                play(self.profile, seed, self.steps)
            except SimulationFailed as failure:
                after = f"{count} seed{'s' if count > 1 else ''} from {self.first} on"
                name = failure.name.rstrip(":")
                return Catch(f"simulation, {self.profile}", name, after)
        return None


class Modelled(msgspec.Struct, frozen=True):
    """The model checker, in CI's bounds of a scope."""

    scope: str
    names: tuple[str, ...]

    def run(self) -> Catch | None:
        explored = explore(SCOPES[self.scope])
        if explored.violation is None:
            return None
        after = f"{explored.states} states, depth {explored.depth}"
        return Catch(f"model checker, {self.scope}", explored.violation.name, after)


class Tested(msgspec.Struct, frozen=True):
    """One test, named as pytest names it, from tests/ on."""

    test: str

    @property
    def names(self) -> tuple[str, ...]:
        return (self.test.partition("::")[2].partition("[")[0],)

    def run(self) -> Catch | None:
        failures = _Failures()
        options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", f"tests/{self.test}"]
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            status = pytest.main(options, plugins=[failures])
        if status == pytest.ExitCode.OK:
            return None
        if status != pytest.ExitCode.TESTS_FAILED:
            raise AssertionError(f"{self.test} did not run: {status!r}")
        file, _, name = failures.first.partition("::")
        return Catch(f"test, {file.removeprefix('tests/')}", name.partition("[")[0], "1 test")


class _Failures:
    """A plugin that notes what fails."""

    first = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.first:
            self.first = report.nodeid
