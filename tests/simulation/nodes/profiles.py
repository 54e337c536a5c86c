"""What kind of trouble a run of nodes has."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.simulation.network import RELIABLE, Conditions


@dataclass(frozen=True)
class Profile:
    """`faults` weighs what the nemesis does, every `pause` milliseconds on average.

    `skew` bounds how much faster or slower than 1 a machine's clock runs; `forgetful` is the share
    of machines that begin with the same date whenever they start.
    """

    sizes: tuple[int, ...] = (3, 3, 3, 5)
    conditions: Conditions = RELIABLE
    skew: float = 0.05
    pause: int = 150
    forgetful: float = 0.2
    faults: dict[str, int] = field(default_factory=dict)


LOSSY = Conditions(loss=0.1, duplication=0.1, straggling=0.1)
MILD = Conditions(loss=0.02, duplication=0.03, straggling=0.03)

PROFILES = {
    "nodes": Profile(
        sizes=(1, 3, 3, 5),
        conditions=MILD,
        faults={"stop": 2, "kill": 2, "stall": 2, "slow_disk": 2, "wall_clock_jump": 1},
    ),
    "nodes-disk": Profile(
        sizes=(1, 3, 3),
        conditions=MILD,
        pause=100,
        faults={
            "crash_within": 8,
            "power_cut_within": 8,
            "power_cut_all": 2,
            "write_error": 3,
            "slow_disk": 3,
            "stuck_disk": 2,
            "kill": 1,
        },
    ),
    "nodes-network": Profile(
        conditions=LOSSY,
        skew=0.3,
        faults={
            "split": 4,
            "isolate_leader": 4,
            "isolate": 2,
            "one_way": 3,
            "heal": 5,
            "stall_leader": 2,
            "weather": 2,
            "monotonic_jump": 1,
        },
    ),
    "nodes-chaos": Profile(
        sizes=(1, 2, 3, 3, 5),
        conditions=MILD,
        skew=0.2,
        pause=100,
        faults={
            "change": 4,
            "kill": 2,
            "kill_leader": 2,
            "kill_all": 1,
            "stop": 2,
            "crash_within": 3,
            "power_cut_within": 3,
            "write_error": 1,
            "slow_disk": 2,
            "stall": 1,
            "split": 2,
            "isolate_leader": 2,
            "one_way": 1,
            "heal": 4,
            "wall_clock_jump": 2,
            "monotonic_jump": 1,
            "weather": 1,
        },
    ),
}
