"""--force-new-cluster on a data directory."""

from __future__ import annotations

from pathlib import Path

import pytest

from vard_http.node.cluster import bootstrap_entries
from vard_http.node.errors import StartError
from vard_http.node.forcing import force_new_cluster
from vard_http.raft import CONFIGURATION, NORMAL, Configuration, Entry, HardState, decode_data
from vard_http.storage import Identity, Storage, open_storage

MEMBERS = {1: ("http://a:1",), 2: ("http://b:1",), 3: ("http://c:1",)}


def storage(tmp_path: Path, me: int) -> Storage:
    """A member of three whose last entry is not known to be committed."""
    opened = open_storage(tmp_path, Identity(9, me, "n"))
    opened.append(bootstrap_entries(MEMBERS), HardState(1, 0, 3))
    opened.append([Entry(4, 2, NORMAL, b"x")], HardState(2, 1, 3))
    return opened


def test_all_others_are_removed_one_by_one_behind_everything_in_the_log(tmp_path: Path) -> None:
    opened = storage(tmp_path, 2)
    force_new_cluster(opened, opened.recover())
    found = opened.recover()
    assert found.hard_state == HardState(2, 1, 6)
    assert found.entries[3].data == b"x"
    forced = [decode_data(entry.data) for entry in found.entries[4:]]
    assert [(data.change.operation, data.change.node) for data in forced] == [
        ("remove", 1),
        ("remove", 3),
    ]
    assert [data.configuration.voters for data in forced] == [(2, 3), (2,)]
    assert {entry.kind for entry in found.entries[4:]} == {CONFIGURATION}
    opened.close()


def test_forcing_again_changes_nothing(tmp_path: Path) -> None:
    opened = storage(tmp_path, 2)
    force_new_cluster(opened, opened.recover())
    once = opened.recover()
    force_new_cluster(opened, once)
    assert opened.recover() == once
    assert Configuration((2,)) == decode_data(once.entries[-1].data).configuration
    opened.close()


def test_a_member_that_its_data_do_not_show_cannot_be_forced(tmp_path: Path) -> None:
    opened = storage(tmp_path, 4)
    with pytest.raises(StartError, match="do not show it"):
        force_new_cluster(opened, opened.recover())
    opened.close()
