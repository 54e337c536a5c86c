"""One seed of cores, played from start to end: trouble, then peace, then a quiet cluster."""

from __future__ import annotations

from tests.simulation.checker import require
from tests.simulation.cluster import Cluster
from tests.simulation.failure import failed
from tests.simulation.played import Played
from tests.simulation.profiles import PROFILES
from tests.simulation.schedule import Schedule

SETTLE_TIMEOUTS = 40
QUIET_TIMEOUTS = 2


def play_cores(
    profile: str,
    seed: int,
    steps: int,
    schedule: Schedule,
    *,
    whole: bool = False,
    make: type[Cluster] = Cluster,
) -> Played:
    """Raises SimulationFailed; with the `whole` story from the start, but without deliveries."""
    cluster = make(seed, PROFILES[profile], schedule, whole)
    try:
        cluster.start()
        cluster.trouble(steps)
        cluster.peace()
        settle(cluster)
        stay_quiet(cluster)
        cluster.checker.finish()
    except Exception as error:
        raise failed(cluster.story(), error, profile, seed, steps) from error
    checker = cluster.checker
    return Played(
        cluster.scheduler.steps,
        cluster.scheduler.now,
        checker.elections,
        checker.last_committed,
        len(checker.acknowledged),
        checker.reads_served,
        schedule.counts,
        cluster.story() if whole else "",
    )


def settle(cluster: Cluster) -> None:
    """A leader, the same state everywhere, and a new write within bounded time."""
    timeout = cluster.settings.election_timeout
    bound = cluster.now + SETTLE_TIMEOUTS * timeout
    value, proposals = b"", 0
    while value not in cluster.checker.acknowledged or not cluster.settled():
        require(cluster.now < bound, "liveness", f"not settled within {SETTLE_TIMEOUTS} timeouts")
        leader = cluster.leader()
        if cluster.settled() and leader is not None and leader.raft is not None:
            members = leader.raft.configuration.voters
            proposals += 1
            value = cluster.clients.propose(
                -proposals, cluster.servers[members[bound % len(members)]]
            )
        cluster.scheduler.run_until(cluster.now + timeout // 4)


def stay_quiet(cluster: Cluster) -> None:
    """Nobody disturbs a cluster that works."""
    elections = cluster.checker.elections
    cluster.scheduler.run_until(cluster.now + QUIET_TIMEOUTS * cluster.settings.election_timeout)
    require(cluster.settled(), "liveness", "a settled cluster came apart")
    require(cluster.checker.elections == elections, "liveness", "the leader was disturbed")
