"""The signals that end all."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from vard_http.dev.stopping import Stop


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_the_first_signal_asks_for_the_end_and_the_second_for_it_at_once(
    number: signal.Signals,
) -> None:
    stop, hurried = Stop(), asyncio.Event()
    stop.at_once = hurried.set
    os.kill(os.getpid(), number)
    await asyncio.wait_for(stop.wait(), 10)
    assert not hurried.is_set()
    os.kill(os.getpid(), number)
    await asyncio.wait_for(hurried.wait(), 10)
