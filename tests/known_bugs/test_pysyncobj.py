"""What was wrong with PySyncObj, the best known Raft in Python."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.known_bugs.cores import Cores
from tests.unit.node.support import Network, make_node, new_storage, until
from tests.unit.raft.support import entries, server, turn
from vard_http.raft import AnyMessage, AppendEntries, Configuration, HardState, Role, Settings
from vard_http.raft.messages import RequestVote, RequestVoteReply
from vard_http.storage import open_storage

FIVE = Configuration((1, 2, 3, 4, 5))


class Copying(Network):
    """Copies a server's directory whenever it gives its vote, as a power cut would find it."""

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self.directory = directory
        self.votes: list[tuple[int, HardState]] = []

    def carry(self, source: int, target: int, message: AnyMessage) -> None:
        if isinstance(message, RequestVoteReply) and message.vote_granted and not message.pre_vote:
            copy = self.directory / "copy"
            shutil.copytree(self.directory / f"{source}", copy)
            storage = open_storage(copy, None)
            self.votes.append((target, storage.recover().hard_state))
            storage.close()
            shutil.rmtree(copy)
        super().carry(source, target, message)


async def test_pysyncobj_84_201_term_and_vote_are_lost_in_a_restart(tmp_path: Path) -> None:
    """bakwc/PySyncObj#84 (2018), #201 and PR #202 (2026): both lived in memory only.

    Here: a server that restarts between two requests of one term would vote twice; two leaders of
    one term, and acknowledged writes overwritten.
    """
    network = Copying(tmp_path)
    node = make_node(new_storage(tmp_path / "1", 1, 3), network)
    node.start()
    last = node.raft.state.log.last_index
    node.receive(2, RequestVote(7, last + 5, 7, transfer=True))
    await until(lambda: len(network.votes) == 1)
    node.receive(3, RequestVote(8, last + 5, 8, transfer=True))
    await until(lambda: len(network.votes) == 2)
    assert [(to, state.term, state.vote) for to, state in network.votes] == [(2, 7, 2), (3, 8, 3)]
    await node.stop()


def test_pysyncobj_a_vote_that_comes_twice_counts_twice() -> None:
    """PySyncObj 0.3.14, syncobj.py: votes are counted and not attributed to who gave them.

    Here: in a network that repeats packets, two servers of five would elect a leader, and the other
    three another one.
    """
    for pre_vote in (True, False):
        settings = Settings(initial_election_advance=False, pre_vote=pre_vote)
        cores = Cores((1, 2, 3, 4, 5), FIVE, settings)
        for _ in range(3):
            cores.campaign(1, (1, 2), copies=3)
        assert all(raft.state.role is not Role.LEADER for raft in cores.servers.values())
        cores.campaign(3, (3, 4, 5), copies=3)
        assert cores[3].is_leader


def test_pysyncobj_a_late_append_entries_cuts_off_what_came_after_it() -> None:
    """PySyncObj 0.3.14, syncobj.py: everything after prevLogIndex goes, even where entries match.

    Here: of entries that the follower has acknowledged, and the leader has committed, a repeated
    packet would leave too few copies.
    """
    raft = server(term=1)
    log = tuple(entries(1, 1, 1, 1))
    raft.step(2, AppendEntries(1, 0, 0, log, 0))
    turn(raft)
    raft.step(2, AppendEntries(1, 0, 0, log[:2], 0))
    assert not [entry for ready in turn(raft) for entry in ready.entries]
    assert raft.state.log.last_index == 4
