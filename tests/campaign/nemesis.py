"""Who brings the faults: one after another on the members, and meanwhile one after another on the
links. A seed fixes what comes and for how long, but not what it meets."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from tests.campaign.faults import FAULTS, LINK_FAULTS, NODE_FAULTS, Fault, FileSizeLimit
from tests.campaign.field import Field

REST: Final = (0.2, 1.5)
HOLD: Final = (0.3, 3.5)
"""Seconds, from and to."""


class Deed(Struct, frozen=True):
    """What the nemesis did, `at` seconds after the start."""

    at: float
    what: str


class Nemesis:
    """Does its work until told to stop, and then puts everything right."""

    def __init__(self, field: Field, kinds: Sequence[str], seed: int, *, shim: bool) -> None:
        chosen = {kind: FAULTS[kind] for kind in kinds}
        if not shim and "disk-full" in chosen:
            chosen["disk-full"] = FileSizeLimit
        self.left_out = [] if shim else [k for k, f in chosen.items() if f.needs_shim]
        self._kinds = {k: f for k, f in chosen.items() if k not in self.left_out}
        self._field = field
        self._seed = seed
        self._links_in_use = asyncio.Lock()
        self.timeline: list[Deed] = []
        self.counts: Counter[str] = Counter()
        self._started = time.monotonic()

    async def run(self, stop: asyncio.Event) -> None:
        self._started = time.monotonic()
        tracks = [
            self._track(name, {k: f for k, f in self._kinds.items() if k in family}, stop)
            for name, family in (("members", NODE_FAULTS), ("links", LINK_FAULTS))
        ]
        await asyncio.gather(*tracks)

    async def _track(
        self, name: str, kinds: Mapping[str, type[Fault]], stop: asyncio.Event
    ) -> None:
        chance = random.Random(f"{self._seed} {name}")
        while kinds and not stop.is_set():
            await _pause(stop, chance.uniform(*REST))
            if stop.is_set():
                return
            kind, hold = chance.choice(sorted(kinds)), chance.uniform(*HOLD)
            fault = kinds[kind]()
            async with self._links(name == "links" or fault.alone):
                await self._bring(kind, fault, hold, stop)
            self._field.look_for_deaths()

    def _links(self, needed: bool) -> contextlib.AbstractAsyncContextManager[None]:
        return self._links_in_use if needed else contextlib.nullcontext()

    async def _bring(self, kind: str, fault: Fault, hold: float, stop: asyncio.Event) -> None:
        try:
            what = await fault.inject(self._field)
            if not what:
                return
            self.counts[kind] += 1
            self._note(what)
            await _pause(stop, hold)
        except BaseException:
            self._note(f"{kind} is broken off")
            raise
        self._note(await fault.heal(self._field))

    def _note(self, what: str) -> None:
        self.timeline.append(Deed(time.monotonic() - self._started, what))


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
