from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.node.support import Network, make_node, new_storage, settled
from vard_http.node import Node
from vard_http.storage import Storage


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    """That of a cluster of one which has not started; its node closes it."""
    return new_storage(tmp_path / "data")


@pytest.fixture
async def node(storage: Storage) -> AsyncIterator[Node]:
    """A cluster of one that has settled."""
    node = make_node(storage)
    node.start()
    await settled(node)
    yield node
    await node.stop()


@pytest.fixture
async def trio(tmp_path: Path) -> AsyncIterator[list[Node]]:
    """A cluster of three that has settled, on a network of its own."""
    network = Network()
    nodes = [make_node(new_storage(tmp_path / f"{me}", me, 3), network) for me in (1, 2, 3)]
    for node in nodes:
        node.start()
    await settled(*nodes)
    yield nodes
    for node in nodes:
        await node.stop()
