from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.unit.api.support import make_service, running_node
from vard_http.api.render import Clock
from vard_http.api.service import Service


class StoppedClock(Clock):
    """It is always the same second."""

    def date(self) -> bytes:
        return b"Mon, 24 Nov 2025 16:00:00 GMT"


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    """That of a cluster of one, with a clock that stands still."""
    async with running_node() as node:
        service = make_service(node)
        service.clock = StoppedClock()
        yield service
