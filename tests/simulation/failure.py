"""How a run ends badly."""

from __future__ import annotations


class SimulationFailed(AssertionError):
    """What went wrong, how to see it again, and what happened before.

    Its last line is the command that shows it again, the one before names what was found.
    """

    @property
    def found(self) -> str:
        """What was found; its first words are the name of a property or of an exception."""
        return str(self).splitlines()[-2]

    @property
    def name(self) -> str:
        """The property that does not hold, or the exception that was raised."""
        kind, _, rest = self.found.partition(": ")
        return rest.partition(":")[0] if kind == "Violation" else kind


def failed(
    story: str, error: BaseException, profile: str, seed: int, steps: int
) -> SimulationFailed:
    """The report of `error`."""
    what = " ".join(f"{type(error).__name__}: {error}".split())
    again = f"python -m tests.simulation --profile {profile} --seeds {seed} --steps {steps}"
    return SimulationFailed(f"{story}\n{what}\nto see it again: {again}")
