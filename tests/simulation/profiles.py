"""What kind of trouble a run has."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.simulation.network import RELIABLE, Conditions


@dataclass(frozen=True)
class Profile:
    """`faults` weighs what the nemesis does, every `pause` milliseconds on average.

    `write_times` are the milliseconds that a write may take, drawn evenly; 0 is within the turn.
    `skew` bounds how much faster or slower than 1 a server's clock runs.
    """

    sizes: tuple[int, ...] = (3, 3, 5)
    learners: bool = False
    conditions: Conditions = RELIABLE
    write_times: tuple[int, ...] = (0, 0, 0, 3)
    skew: float = 0.05
    pause: int = 400
    faults: dict[str, int] = field(default_factory=dict)


LOSSY = Conditions(loss=0.1, duplication=0.1, straggling=0.1)
MILD = Conditions(loss=0.02, duplication=0.03, straggling=0.03)

PROFILES = {
    "calm": Profile(sizes=(1, 3, 5, 7), faults={"transfer": 1, "snapshot": 1}, pause=900),
    "lossy": Profile(
        conditions=Conditions(loss=0.25, duplication=0.1, straggling=0.15),
        write_times=(0, 0, 5, 20),
        skew=0.3,
        faults={"transfer": 2, "snapshot": 1, "stall_leader": 2, "stall": 2},
        pause=300,
    ),
    "crashy": Profile(
        sizes=(1, 3, 3, 5),
        conditions=Conditions(loss=0.1, duplication=0.05, straggling=0.05),
        faults={"crash": 3, "crash_within": 8, "crash_leader": 4, "crash_all": 1, "snapshot": 1},
        pause=200,
    ),
    "partition": Profile(
        conditions=MILD,
        skew=0.5,
        faults={
            "split": 4,
            "isolate_leader": 4,
            "one_way": 2,
            "heal": 3,
            "transfer": 2,
            "stall_leader": 1,
        },
        pause=400,
    ),
    "membership": Profile(
        sizes=(1, 1, 2, 3, 3, 4),
        learners=True,
        conditions=MILD,
        write_times=(0, 0, 5, 25),
        faults={
            "change": 10,
            "transfer": 1,
            "crash_within": 3,
            "isolate_leader": 2,
            "split": 1,
            "heal": 2,
            "snapshot": 2,
        },
        pause=150,
    ),
    "snapshot": Profile(
        conditions=Conditions(loss=0.1, duplication=0.1, straggling=0.05),
        faults={
            "snapshot": 8,
            "crash": 3,
            "crash_leader": 3,
            "isolate": 3,
            "isolate_leader": 2,
            "heal": 4,
            "transfer": 2,
            "crash_within": 2,
        },
        pause=150,
    ),
    "chaos": Profile(
        sizes=(1, 3, 3, 5, 5, 7),
        learners=True,
        conditions=LOSSY,
        write_times=(0, 0, 5, 25),
        skew=0.3,
        faults={
            "change": 3,
            "transfer": 2,
            "crash": 2,
            "crash_within": 4,
            "crash_leader": 2,
            "crash_all": 1,
            "split": 2,
            "isolate_leader": 2,
            "one_way": 2,
            "heal": 4,
            "snapshot": 4,
            "stall": 1,
            "clock_jump": 1,
            "weather": 2,
        },
        pause=150,
    ),
}
