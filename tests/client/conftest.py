"""One server of each kind for all tests of this folder that need no more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import pytest

from tests.harness.processes import Kind, Server, start_server


@pytest.fixture(
    scope="session",
    params=[pytest.param("etcd", marks=pytest.mark.etcd), "vard"],
)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with start_server(cast(Kind, request.param)) as running:
        yield running
