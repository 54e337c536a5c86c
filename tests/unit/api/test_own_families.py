"""The metrics under names of our own say what the node knows."""

from __future__ import annotations

from pathlib import Path

from tests.unit.api.support import running_node
from vard_http import __version__
from vard_http.api.own_families import own_families


async def test_they_say_what_the_node_knows() -> None:
    async with running_node() as node:
        told = {sample.name: sample for one in own_families(node) for sample in one.samples}
        assert told["vard_build_info"].labels == {"version": __version__}
        assert told["vard_raft_term"].value == node.term > 0
        assert told["vard_nospace_alarm"].value == 0
        assert told["vard_store_size_bytes"].value == node.store.size > 0
        assert told["vard_disk_free_bytes"].value > 0


async def test_the_size_of_the_database_is_that_of_its_two_files() -> None:
    async with running_node() as node:
        directory = Path(node._storage._database.path).parent
        files = [path for path in directory.iterdir() if path.name.startswith("vard.db")]
        assert len(files) == 2
        told = {sample.name: sample for one in own_families(node) for sample in one.samples}
        on_disk = sum(path.stat().st_size for path in files)
        assert told["vard_database_size_bytes"].value == on_disk
