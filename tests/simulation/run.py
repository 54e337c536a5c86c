"""One seed of any profile: cores (`profiles`) or whole nodes (`nodes.profiles`)."""

from __future__ import annotations

from tests.simulation import profiles
from tests.simulation.cores import play_cores
from tests.simulation.failure import SimulationFailed
from tests.simulation.nodes import profiles as node_profiles
from tests.simulation.nodes.run import play_nodes
from tests.simulation.played import Played
from tests.simulation.schedule import Schedule

__all__ = ["PROFILES", "Played", "SimulationFailed", "play"]

PROFILES = (*profiles.PROFILES, *node_profiles.PROFILES)


def play(
    profile: str, seed: int, steps: int, schedule: Schedule | None = None, *, whole: bool = False
) -> Played:
    """Raises SimulationFailed, with the end of the story, or the `whole` of it without deliveries.

    `steps` is how much trouble there is: events of cores, milliseconds of nodes.
    """
    player = play_cores if profile in profiles.PROFILES else play_nodes
    return player(profile, seed, steps, schedule or Schedule(), whole=whole)
