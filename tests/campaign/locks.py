"""A lock by compare-and-swap: created if absent, with a TTL, given back by its holder's value."""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from tests.campaign.history import Hold
from tests.campaign.workload import Client, Site

LOCK: Final = "/locks/one"
TTL: Final = 2
"""Seconds."""


class LockClient(Client):
    """Takes the lock when it can, holds it for a while, and gives it back or lets it expire."""

    def __init__(self, name: str, site: Site, seed: int) -> None:
        super().__init__(name, site, seed)
        self._number = 0

    async def work(self) -> None:
        self._number += 1
        holder = f"{self.name}.{self._number}"
        asked = self.site.now()
        fields = {"value": holder, "prevExist": "false", "ttl": TTL}
        answered = await self.ask("PUT", f"/v2/keys{LOCK}", fields)
        if answered is None or answered[0]:
            await asyncio.sleep(0.1)
            return
        fence = answered[1]["node"]["modifiedIndex"]
        hold = Hold(holder, fence, self.site.now(), asked + TTL)
        place = len(self.site.history.holds)
        self.site.history.holds.append(hold)
        await asyncio.sleep(self.chance.random() * 0.3)
        if self.chance.random() < 0.2:
            return
        self.site.history.holds[place] = msgspec.structs.replace(hold, released=self.site.now())
        await self.ask("DELETE", f"/v2/keys{LOCK}?prevValue={holder}")
