"""What the nemesis acts on: the members, the links between them, and what is wrong just now."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tests.campaign.http import NotSent, Unanswered, ask, parsed
from tests.campaign.links import Link, Links
from tests.campaign.members import FLAGS, Member, found
from tests.harness.http1 import Response, ResponseParser
from tests.harness.wire import request_bytes

START_SECONDS: Final = 60.0


class Trouble(Exception):
    """The campaign cannot go on: a member or the cluster does not come back."""


class Field:
    """`down` names the members that may be dead because of a fault; any other that is dead has
    ended by itself, which `look_for_deaths` notes in `deaths`."""

    def __init__(
        self, size: int, library: Path | None, chance: random.Random, flags: Sequence[str] = FLAGS
    ) -> None:
        self.members = found(size, library, flags)
        self.links = Links(chance)
        self.chance = chance
        self.down: set[str] = set()
        self.deaths: list[str] = []

    @property
    def ports(self) -> Mapping[str, int]:
        return {member.name: member.port for member in self.members}

    async def start(self) -> None:
        """Open the links, start all members and wait until they serve."""
        for member in self.members:
            end = member.endpoint
            await self.links.open(member.name, end.public_port, end.private_port)
            if member.shim is not None:
                member.shim.set(journal=1)
        for member in self.members:
            member.spawn()
        await self.wait_serving(self.members)

    async def close(self) -> None:
        for member in self.members:
            member.close()
        await self.links.close()

    async def wait_serving(self, members: Sequence[Member], seconds: float = START_SECONDS) -> None:
        """Wait until all of them know a leader. Raises Trouble."""
        deadline = time.monotonic() + seconds
        for member in members:
            while await leader_known(member) is None:
                if time.monotonic() > deadline or not member.alive:
                    raise Trouble(f"{member.name} does not serve: {member.last_words()}")
                await asyncio.sleep(0.05)

    async def serves_or_ends(self, member: Member) -> None:
        """Wait for either; the member may refuse its data. Raises Trouble."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if not member.alive or await leader_known(member) is not None:
                return
            await asyncio.sleep(0.05)
        raise Trouble(f"{member.name} neither serves nor ends: {member.last_words()}")

    def up(self) -> list[Member]:
        return [member for member in self.members if member.alive]

    async def leader(self) -> Member | None:
        """The member that calls itself the leader, None if that cannot be told just now."""
        for member in self.up():
            if await leader_known(member, patience=0.3) == member.name:
                return member
        return None

    def all_links(self) -> list[Link]:
        names = [member.name for member in self.members]
        return [(a, b) for a in names for b in names if a != b]

    def kill(self, member: Member) -> None:
        self.down.add(member.name)
        if member.alive:
            member.kill()

    def restart(self, member: Member) -> str:
        """Start a member that may have ended, or kill it first; it is on its own from now on."""
        what = "killed" if member.alive else "ended"
        self.kill(member)
        member.spawn()
        self.down.discard(member.name)
        return f"{member.name} {what}, start it"

    def look_for_deaths(self) -> None:
        """Note, and start again, members that are dead without a reason."""
        for member in self.members:
            if not member.alive and member.name not in self.down:
                status = member.wait_end()
                self.deaths.append(f"{member.name}, status {status}: {member.last_words()}")
                member.spawn()


async def leader_known(member: Member, patience: float = 1.0) -> str | None:
    """The name of the leader that a member knows of."""
    try:
        answer = await ask(member.port, "GET", "/v2/members/leader", patience)
    except (NotSent, Unanswered):
        return None
    return str(parsed(answer)["name"]) if answer.status == 200 else None


async def member_request(port: int, method: str, path: str, peer_url: str = "") -> Response:
    """A request to the members API. Raises OSError, TimeoutError and EOFError."""
    body = json.dumps({"peerURLs": [peer_url]}).encode() if peer_url else None
    headers = {"Content-Type": "application/json", "Connection": "close"}
    async with asyncio.timeout(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(request_bytes(method, f"/v2/members{path}", headers, body))
            return _whole(method, await reader.read(-1))
        finally:
            writer.transport.abort()


def _whole(method: str, data: bytes) -> Response:
    parser = ResponseParser(method)
    parser.feed(data)
    parser.feed_eof()
    if not parser.finished:
        raise EOFError(parser.describe())
    return parser.response()


async def state_of(member: Member) -> Mapping[str, Any]:
    """GET /vard/state: what the member has applied. Raises NotSent and Unanswered."""
    answer = await ask(member.endpoint.private_port, "GET", "/vard/state", patience=5)
    state: Mapping[str, Any] = parsed(answer)
    return state
