"""A watch: which request is next, and what an answer says about events that may be missing.

It asks with `wait=true&waitIndex=N`, one event a request, because the server then looks through its
history from N on: whatever happened since the last answer is found there, at any member, as all
members number events alike. A stream would be cheaper, but etcd's streams stop after an event from
history, drop events when they are slow, and tell of some deletions twice (contract, 10).

`after` is the index up to which every event is known to be told. It moves
- to the index of an event that is told;
- to X-Etcd-Index, when an answer ended as it should and held no event: the server had looked
  through its history up to there;
- not when an answer is cut off: an event may have been in the part that is missing.

A poll may be open for days. Every ten seconds the member is asked whether it has a leader; one that
does not answer, or is cut off from the others, would be silent for ever.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from vard_http.client.endpoints import Endpoints
from vard_http.client.errors import (
    ClusterUnavailable,
    EtcdError,
    EventIndexCleared,
    KeyNotFound,
    NotDirectory,
)
from vard_http.client.exchange import (
    Attempt,
    Failure,
    Listen,
    Open,
    Operation,
    Outcome,
    Pause,
    Step,
    ask,
    exchange,
)
from vard_http.client.model import Node, Response, Result, read_result, refusal
from vard_http.client.requests import Call, Request, clean_key, get_request, key_path, with_query

CHECK_SECONDS = 10.0
_LEAST_PAUSE, _MOST_PAUSE = 0.05, 1.0

# "The event in requested index is outdated and cleared", "watcher is cleared due to etcd recovery".
_CLEARED = (401, 400)
_SET_BACK = "the cluster's indexes have gone back"


@dataclass(frozen=True, slots=True)
class Resync:
    """A gap: events with indexes from `lost_from` to `etcd_index` may be missing.

    `node` is the watched key as it was at `etcd_index`, with its tree if the watch is recursive,
    None if it did not exist. The events after `etcd_index` follow, without a further gap.
    """

    node: Node | None
    etcd_index: int
    lost_from: int


Item: TypeAlias = Result | Resync
OnGap: TypeAlias = Literal["resync", "raise"]


class Watching:
    """The state of one watch. `start` first, then `next` again and again."""

    def __init__(
        self,
        endpoints: Endpoints,
        key: str,
        *,
        recursive: bool = False,
        after_index: int | None = None,
        on_gap: OnGap = "resync",
    ) -> None:
        if on_gap not in ("resync", "raise"):
            raise ValueError(f'on_gap is "resync" or "raise", not {on_gap!r}')
        if after_index is not None and after_index < 0:
            raise ValueError(f"after_index is an etcd index, 0 or more: {after_index!r}")
        self._endpoints = endpoints
        self._key = clean_key(key)
        self._path = key_path(key)
        self._recursive = recursive
        self._on_gap = on_gap
        self._after = after_index
        self._cluster: str | None = None
        self._endpoint: str | None = None
        self._open: Open | None = None
        self._fruitless = 0
        self._quiet = 0.0
        self._seems_behind = True

    @property
    def after(self) -> int:
        """Every event up to this index has been told."""
        assert self._after is not None, "not started"
        return self._after

    def start(self) -> Operation[None]:
        """Begin after all that is committed now, unless the caller has told an index.

        Raises ClusterUnavailable, Unauthorized.
        """
        if self._after is None:
            state = yield from self._read()
            self._after, self._cluster = state.index, state.cluster

    def next(self) -> Operation[Item]:
        """The next event or gap. Raises EtcdError for a refusal; never for want of an answer."""
        while True:
            item = yield from self.poll(CHECK_SECONDS)
            if item is not None:
                return item

    def poll(self, seconds: float) -> Operation[Item | None]:
        """Listen for that long, or until it is clear that another member has to be asked."""
        outcome = yield from self._listen(seconds)
        if isinstance(outcome, Open):
            self._open = outcome
            self._quiet += seconds
            return (yield from self._check(outcome)) if self._quiet >= CHECK_SECONDS else None
        self._open = None
        self._quiet = 0.0
        if isinstance(outcome, Failure):
            yield from self._move_on()
            return None
        return (yield from self._judge(outcome))

    def _listen(self, seconds: float) -> Generator[Step, Outcome, Response | Failure | Open]:
        if self._open is not None:
            outcome = yield Listen(seconds)
            assert outcome is not None
            return outcome
        self._seems_behind = True
        query = {"wait": True, "waitIndex": self.after + 1, "recursive": self._recursive or None}
        request = Request("GET", with_query(self._path, query), repeatable=True, hold=seconds)
        return (yield from ask(Attempt(self._asked(), request), self._endpoints))

    def _judge(self, response: Response) -> Operation[Item | None]:
        if response.status >= 500:
            yield from self._move_on()
            return None
        if response.status >= 300:
            return (yield from self._refused(response))
        if self._is_another_cluster(response):
            return (yield from self._gap("another cluster answers"))
        if not response.body.strip():
            if response.headers.keys() & {"transfer-encoding", "content-length"}:
                self._after = max(self.after, response.number("x-etcd-index"))
            yield from self._move_on()
            return None
        event = read_result(response)
        self._fruitless = 0
        if event.node.modified_index <= self.after:
            return (yield from self._gap(_SET_BACK))
        self._after = event.node.modified_index
        return event if self._concerns(event) else None

    def _concerns(self, event: Result) -> bool:
        """Whether a watcher that is there when it happens would be told.

        From its history the server also tells of hidden keys, and of the deletion of any directory
        whose name is the beginning of ours: of `/p` to those who watch `/px` (contract, 10.3).
        """
        within = "/" if self._key == "/" else self._key + "/"
        changed = event.node.key
        if changed == self._key:
            return True
        if changed.startswith(within):
            return not any(part.startswith("_") for part in changed[len(within) :].split("/"))
        return within.startswith(changed if changed == "/" else changed + "/")

    def _refused(self, response: Response) -> Operation[Item | None]:
        error = refusal(response)
        if isinstance(error, EtcdError) and error.code in _CLEARED:
            return (yield from self._gap(error.cause))
        raise error

    def _check(self, poll: Open) -> Operation[Item | None]:
        """Whether it makes sense to go on listening to this member."""
        self._quiet = 0.0
        if self._is_another_cluster(poll.head):
            return (yield from self._gap("another cluster answers"))
        self._seems_behind &= poll.head.number("x-etcd-index") < self.after
        if self._seems_behind and (yield from self._is_set_back()):
            return (yield from self._gap(_SET_BACK))
        leader = Attempt(self._asked(), get_request("/v2/members/leader"))
        outcome = yield from ask(leader, self._endpoints, final=True)
        if isinstance(outcome, Response) and outcome.status < 500:
            self._fruitless = 0
        else:
            yield from self._move_on()
        return None

    def _is_set_back(self) -> Operation[bool]:
        """Whether the cluster has lost our index. A member that only lags will come to it."""
        try:
            state = yield from self._read()
        except ClusterUnavailable:
            return False
        self._seems_behind = False
        return state.index < self.after

    def _gap(self, cause: str) -> Operation[Item | None]:
        """Read anew what can no longer be told event by event."""
        self._open = None
        if self._on_gap == "raise":
            raise EventIndexCleared(401, "Events are lost", cause, self.after)
        lost_from = self.after + 1
        try:
            # A quorum read is as new as any event that was told before.
            state = yield from self._read()
        except ClusterUnavailable:
            yield Pause(_MOST_PAUSE)
            return None
        self._fruitless = 0
        self._after, self._cluster = state.index, state.cluster
        return Resync(state.node, state.index, lost_from)

    def _read(self) -> Operation[_State]:
        query = {"quorum": True, "recursive": self._recursive or None}
        call = Call(get_request(self._path, query), _state)
        return (yield from exchange(call, self._endpoints))

    def _is_another_cluster(self, response: Response) -> bool:
        """Whether the answer's cluster is not the one of the first answer."""
        cluster = response.headers.get("x-etcd-cluster-id")
        self._cluster = self._cluster or cluster
        return cluster is not None and cluster != self._cluster

    def _asked(self) -> str:
        """The member that is listened to: the one that answered last, to begin with."""
        if self._endpoint not in self._endpoints.urls:
            self._endpoint = self._endpoints.order()[0]
        assert self._endpoint is not None
        return self._endpoint

    def _move_on(self) -> Operation[None]:
        """Go to the next member; when all have been asked in vain, wait a little."""
        self._open = None
        urls = self._endpoints.urls
        self._endpoint = urls[(urls.index(self._asked()) + 1) % len(urls)]
        self._fruitless += 1
        rounds, rest = divmod(self._fruitless, len(urls))
        if rest == 0:
            yield Pause(min(_LEAST_PAUSE * 2 ** min(rounds - 1, 10), _MOST_PAUSE))


@dataclass(frozen=True, slots=True)
class _State:
    node: Node | None
    index: int
    cluster: str | None


def _state(response: Response) -> _State:
    index, cluster = response.number("x-etcd-index"), response.headers.get("x-etcd-cluster-id")
    try:
        return _State(read_result(response).node, index, cluster)
    except (KeyNotFound, NotDirectory):
        return _State(None, index, cluster)
