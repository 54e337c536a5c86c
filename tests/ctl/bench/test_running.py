"""A load against members that are not there."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping

import pytest

from vard_http.client import ClientError, ClusterUnavailable, Response
from vard_http.ctl.bench import running
from vard_http.ctl.bench.load import Kind, Load
from vard_http.ctl.bench.running import Run

Parameters = Mapping[str, str | int | bool | None]


class Store:
    """Answers as a member would; `refusal` is what it answers instead, `down` says not at all.

    It stops the run `stopped` at the tenth request.
    """

    def __init__(self) -> None:
        self.written: dict[str, str] = {}
        self.asked: Counter[tuple[str, str | None]] = Counter()
        self.forms: list[Parameters] = []
        self.refusal: Response | None = None
        self.down = False
        self.stopped: Run | None = None

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Parameters | None = None,
        form: Parameters | None = None,
        endpoint: str | None = None,
    ) -> Response:
        await asyncio.sleep(0)
        self.asked["QGET" if query else method, endpoint] += 1
        if self.stopped is not None and self.asked.total() == 10:
            self.stopped.stop()
        if self.down:
            raise ClusterUnavailable({str(endpoint): "connection refused"})
        if self.refusal is not None:
            return self.refusal
        if form is not None:
            self.forms.append(form)
            self.written[path] = str(form["value"])
        return Response(200, {}, b"{}")


def load(requests: int | None = 100, seconds: float | None = None, **mix: float) -> Load:
    kinds = {Kind[name]: share for name, share in (mix or {"WRITE": 1.0}).items()}
    return Load(kinds, 4, keys=10, value_size=8, directory="/b", requests=requests, seconds=seconds)


def run(wanted: Load, store: Store, *targets: str) -> Run:
    return Run(wanted, targets or ("http://n1",), [store] * wanted.connections)


@pytest.fixture
def store() -> Store:
    return Store()


async def test_all_keys_are_written_before_the_run(store: Store) -> None:
    made = run(load(), store)
    await made.fill()
    assert store.written.keys() == {f"/v2/keys/b/{number:06}" for number in range(10)}
    assert all(len(value) == 8 for value in store.written.values())
    assert (made.count, made.part_done, made.tally.done) == (10, 1.0, 0)


async def test_it_asks_as_often_as_is_wanted(store: Store) -> None:
    made = run(load(requests=100), store)
    await made.start()
    assert made.tally.answered == 100
    assert sum(store.asked.values()) == 100
    assert made.part_done == 1.0


async def test_it_ends_in_time(store: Store) -> None:
    made = run(load(requests=None, seconds=0.05), store)
    await asyncio.wait_for(made.start(), 5)
    assert made.tally.answered > 0


async def test_writes_of_the_run_make_no_key(store: Store) -> None:
    await run(load(), store).start()
    assert all(form["prevExist"] is True for form in store.forms)


async def test_connections_are_spread_over_the_targets(store: Store) -> None:
    await run(load(requests=400), store, "http://n1", "http://n2").start()
    assert store.asked["PUT", "http://n1"] == pytest.approx(200, abs=5)


async def test_kinds_are_different_requests(store: Store) -> None:
    await run(load(requests=300, WRITE=1, READ=1, QUORUM_READ=1), store).start()
    assert {method for method, _ in store.asked} == {"PUT", "GET", "QGET"}


async def test_failures_are_counted_and_the_run_goes_on(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "REST", 0.0)
    store.down = True
    made = run(load(requests=20), store)
    await made.start()
    assert (made.tally.answered, made.tally.failed[Kind.WRITE]) == (0, 20)
    assert made.tally.reasons == {"connection refused": 20}


async def test_refusals_are_failures_with_their_words(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "REST", 0.0)
    store.refusal = Response(500, {}, b"no space\n")
    made = run(load(requests=5), store)
    await made.start()
    assert made.tally.reasons == {"status 500: no space": 5}


async def test_a_read_may_find_nothing(store: Store) -> None:
    store.refusal = Response(404, {}, b"{}")
    made = run(load(requests=5, READ=1), store)
    await made.start()
    assert made.tally.answered == 5


async def test_without_any_success_it_gives_up(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "PATIENCE", 0.05)
    monkeypatch.setattr(running, "REST", 0.001)
    store.down = True
    made = run(load(requests=10**9), store)
    await asyncio.wait_for(made.start(), 5)
    assert made.tally.failed
    with pytest.raises(ClientError, match="no key can be written: connection refused"):
        await asyncio.wait_for(made.fill(), 5)


async def test_stop_ends_it_with_what_there_is(store: Store) -> None:
    store.stopped = run(load(requests=None), store)
    await asyncio.wait_for(store.stopped.start(), 5)
    assert 10 <= store.stopped.tally.answered < 14
