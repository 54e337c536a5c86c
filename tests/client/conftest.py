"""One server of each kind for all tests of this folder that need no more, and both clients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import pytest

from tests.client.clients import Manner, opened
from tests.harness.processes import Kind, Server, start_server
from vard_http.client import Client


@pytest.fixture(
    scope="session",
    params=[pytest.param("etcd", marks=pytest.mark.etcd), "vard"],
)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with start_server(cast(Kind, request.param)) as running:
        yield running


@pytest.fixture(params=["blocking", "asynchronous"])
def manner(request: pytest.FixtureRequest) -> Manner:
    return cast(Manner, request.param)


@pytest.fixture
def client(server: Server, manner: Manner) -> Iterator[Client]:
    """A client on a store that is empty again afterwards."""
    with opened(manner, server.endpoint.client_url) as client:
        yield client
        for node in client.get("/").node.nodes:
            client.delete(node.key, recursive=True)
