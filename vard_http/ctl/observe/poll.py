"""Asking all members at once, each for a limited time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from vard_http.client import ClientError, ClusterUnavailable, Member, Response
from vard_http.ctl.observe.exposition import Exposition
from vard_http.ctl.observe.figures import RaftStatus, figures
from vard_http.ctl.observe.snapshot import (
    Answer,
    Sample,
    Silence,
    Snapshot,
    display_order,
)

CLUSTER_ID = "x-etcd-cluster-id"


class Asker(Protocol):
    """What an AsyncClient has for requests without a method of their own."""

    async def request(self, method: str, path: str, *, endpoint: str | None = None) -> Response: ...


@dataclass(frozen=True, slots=True)
class Listing:
    """The members as one of them lists them, and the id of its cluster."""

    cluster_id: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """The answers that make a sample, as they came; reading them takes a while, too."""

    at: float
    time: float
    round_trip: float
    address: str
    status: Response
    metrics: Response

    def read(self) -> Answer:
        """The sample, or why there is none in it."""
        if self.metrics.status != 200:
            return Silence(f"/metrics is answered with status {self.metrics.status}")
        try:
            exposition = Exposition.parse(self.metrics.body.decode(errors="replace"))
            raft = RaftStatus.parse(self.status.body) if self.status.status == 200 else None
        except ValueError as error:
            return Silence(f"not understood: {error}")
        return Sample(self.at, self.time, self.round_trip, self.address, figures(exposition, raft))


@dataclass(frozen=True, slots=True)
class Questions:
    """What one member can be asked; no question waits longer than `patience` seconds."""

    client: Asker
    patience: float

    async def get(self, address: str, path: str) -> Response | Silence:
        """The answer to a GET, or why there is none."""
        try:
            async with asyncio.timeout(self.patience):
                return await self.client.request("GET", path, endpoint=address)
        except TimeoutError:
            return Silence(f"no answer within {self.patience:g} s")
        except ClusterUnavailable as error:
            return Silence(error.errors.get(address) or str(error))
        except (ClientError, OSError, ValueError) as error:  # ValueError: an URL of another kind
            return Silence(str(error))

    async def sample(self, address: str) -> Answer:
        """The figures of the member that answers at `address`."""
        told = await self.told(address)
        return told if isinstance(told, Silence) else told.read()

    async def told(self, address: str) -> Told | Silence:
        """What that member says of itself; the small answer is the one whose time is taken."""
        begun = time.monotonic()
        status = await self.get(address, "/debug/vars")
        ended = time.monotonic()
        if isinstance(status, Silence):
            return status
        metrics = await self.get(address, "/metrics")
        if isinstance(metrics, Silence):
            return metrics
        return Told(time.monotonic(), time.time(), ended - begun, address, status, metrics)

    async def listing(self, address: str) -> Listing | Silence:
        """The members as the one at `address` knows them."""
        answer = await self.get(address, "/v2/members")
        if isinstance(answer, Silence):
            return answer
        if answer.status != 200:
            return Silence(f"/v2/members is answered with status {answer.status}")
        try:
            members = tuple(_member(one) for one in answer.json()["members"])
        except (ClientError, KeyError, TypeError) as error:
            return Silence(f"not understood: {error}")
        return Listing(answer.headers.get(CLUSTER_ID, ""), display_order(members))


def _member(raw: Mapping[str, object]) -> Member:
    def urls(name: str) -> tuple[str, ...]:
        found = raw.get(name)
        return tuple(str(url).rstrip("/") for url in found) if isinstance(found, list) else ()

    return Member(str(raw["id"]), str(raw.get("name", "")), urls("peerURLs"), urls("clientURLs"))


@dataclass
class Poller:
    """Follows the members of the cluster that `endpoints` belong to, wherever they can be reached.

    A member is asked at the URLs it advertises, and at those of `endpoints` that it answers.
    """

    questions: Questions
    endpoints: Sequence[str]
    members: tuple[Member, ...] = ()
    cluster_id: str = ""
    _homes: dict[str, str] = field(default_factory=dict)

    async def poll(self) -> Snapshot:
        """One look at all members."""
        at = time.monotonic()
        asked = self._addresses()
        listings, answers = await asyncio.gather(
            self._list(asked),
            asyncio.gather(*(self.questions.sample(address) for address in asked)),
        )
        found = dict(zip(asked, answers, strict=True))
        if listings is not None:
            new = {one.id for one in listings.members} - {one.id for one in self.members}
            self.members, self.cluster_id = listings.members, listings.cluster_id
            missed = _urls(one for one in self.members if one.id in new) - found.keys()
            later = await asyncio.gather(
                *(self.questions.sample(address) for address in sorted(missed))
            )
            found |= dict(zip(sorted(missed), later, strict=True))
        return self._snapshot(at, found)

    def _addresses(self) -> list[str]:
        """Where everybody was last time, and all that may lead to those who were nowhere."""
        homes = [self._homes[one.id] for one in self.members if one.id in self._homes]
        lost = [one for one in self.members if one.id not in self._homes]
        if self.members and not lost:
            return homes
        return list(dict.fromkeys([*homes, *self.endpoints, *sorted(_urls(lost))]))

    async def _ask(self, addresses: Sequence[str]) -> dict[str, Answer]:
        """All at once, and what they told is read afterwards, so that it makes nobody late."""
        told = await asyncio.gather(*(self.questions.told(address) for address in addresses))
        return {
            address: one if isinstance(one, Silence) else one.read()
            for address, one in zip(addresses, told, strict=True)
        }

    async def _list(self, addresses: Sequence[str]) -> Listing | None:
        """From whoever is first to answer."""
        tasks = [asyncio.ensure_future(self.questions.listing(address)) for address in addresses]
        try:
            for task in asyncio.as_completed(tasks):
                answer = await task
                if isinstance(answer, Listing):
                    return answer
            return None
        finally:
            for each in tasks:
                each.cancel()

    def _snapshot(self, at: float, found: Mapping[str, Answer]) -> Snapshot:
        samples = {
            answer.figures.id: answer for answer in found.values() if isinstance(answer, Sample)
        }
        answers: dict[str, Answer] = {}
        for one in self.members:
            places = (*filter(None, [self._homes.get(one.id)]), *one.client_urls)
            answers[one.id] = samples.get(one.id) or _silence(places, found)
        self._homes = {id: sample.address for id, sample in samples.items()}
        return Snapshot(at, self.cluster_id, self.members, answers, self._nobody_at(found))

    def _nobody_at(self, found: Mapping[str, Answer]) -> dict[str, str]:
        if self.members:
            return {}
        return {
            url: answer.reason if isinstance(answer, Silence) else "it does not list members"
            for url, answer in found.items()
        }


def _urls(members: Iterable[Member]) -> set[str]:
    return {url for one in members for url in one.client_urls}


def _silence(places: Sequence[str], found: Mapping[str, Answer]) -> Silence:
    """Why the member that should be at one of `places` is not."""
    for url in places:
        answer = found.get(url)
        if isinstance(answer, Silence):
            return answer
        if answer is not None:
            return Silence(f"another member answers at {url}")
    return Silence("has not started yet")
