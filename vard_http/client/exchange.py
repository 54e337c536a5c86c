"""One call, from its first attempt to its result: who is asked next, and what is not repeated.

An operation is a generator. It yields steps (`Attempt`, `Listen`, `Pause`) and is sent the outcome
of each; what it returns is the operation's result. It does no I/O, so both clients drive the same
operations, and tests feed them outcomes by hand.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import TypeAlias, TypeVar
from urllib.parse import urljoin, urlsplit

from vard_http.client.endpoints import Endpoints, checked
from vard_http.client.errors import ClusterUnavailable, EtcdError, OutcomeUnknown
from vard_http.client.model import Response, refusal
from vard_http.client.requests import Call, Request

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Attempt:
    """Send `request` to `endpoint`; the head of the answer may take `timeout` seconds (None: the
    client's). `trusted` says that it may see the user's name and password."""

    endpoint: str
    request: Request
    timeout: float | None = None
    trusted: bool = True


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait that many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Failure:
    """An attempt without a complete answer.

    `sent` is False only where the server surely has not seen the whole request: no connection,
    or one that broke before the last byte was handed over.
    """

    reason: str
    sent: bool


@dataclass(frozen=True, slots=True)
class Open:
    """A long poll (a request with `hold`) whose answer has begun and has not ended yet.

    `head` has no body. The driver keeps one such answer for an operation, until it ends, a
    `Listen` finds it broken, or another long poll takes its place.
    """

    head: Response


@dataclass(frozen=True, slots=True)
class Listen:
    """Wait up to that many seconds for the end of the long poll that is open."""

    seconds: float


Step: TypeAlias = Attempt | Listen | Pause
Outcome: TypeAlias = Response | Failure | Open | None
"""What came of a step; None of a Pause."""

Operation: TypeAlias = Generator[Step, Outcome, T]


class Decision(Enum):
    DONE = auto()
    """The answer is final, be it a refusal."""
    FOLLOW = auto()
    """Nothing was done; the same request belongs elsewhere."""
    NEXT = auto()
    """Ask another endpoint."""
    UNKNOWN = auto()
    """It may have happened, or happen yet, and must not be sent again."""


# Redirects in one attempt: a path to be cleaned, another member, and some patience.
_MOST_REDIRECTS = 5

# With these causes of error 300 the server refuses before it proposes anything.
_REFUSED = frozenset(
    {
        "etcdserver: too many requests",
        "etcdserver: too many watchers",
        "etcdserver: mvcc: database space exceeded",
    }
)


def decide(outcome: Response | Failure, *, repeatable: bool, final: bool = False) -> Decision:
    """What follows from an outcome.

    "Request timed out" (300) is no refusal: the proposal is on its way and may be committed
    later (contract, 11). An answer of a proxy (502 to 504) tells as little.
    """
    if isinstance(outcome, Failure):
        return Decision.NEXT if repeatable or not outcome.sent else Decision.UNKNOWN
    if outcome.status in (301, 302, 307, 308) and "location" in outcome.headers:
        return Decision.FOLLOW
    if outcome.status < 500 or final or _refused(outcome):
        return Decision.DONE
    return Decision.NEXT if repeatable else Decision.UNKNOWN


def exchange(call: Call[T], endpoints: Endpoints, timeout: float | None = None) -> Operation[T]:
    """Ask one endpoint after the other, each once, until one decides. Returns what `call` reads.

    Raises what `call.read` raises; ClusterUnavailable if no endpoint was of use; OutcomeUnknown.
    """
    errors: dict[str, str] = {}
    order = endpoints.order() if call.endpoint is None else (checked(call.endpoint),)
    for endpoint in order:
        outcome = yield from ask(Attempt(endpoint, call.request, timeout), endpoints, call.final)
        assert not isinstance(outcome, Open)
        decision = decide(outcome, repeatable=call.request.repeatable, final=call.final)
        if decision is Decision.DONE:
            assert isinstance(outcome, Response)
            if call.endpoint is None:
                endpoints.prefer(endpoint)
            return call.read(outcome)
        errors[endpoint] = _reason(outcome)
        endpoints.avoid(endpoint)
        if decision is Decision.UNKNOWN:
            raise OutcomeUnknown(errors)
    raise ClusterUnavailable(errors)


def ask(
    attempt: Attempt, endpoints: Endpoints, final: bool = False
) -> Generator[Step, Outcome, Response | Failure | Open]:
    """The outcome of an attempt and of the redirects that it leads to."""
    for _ in range(_MOST_REDIRECTS):
        outcome = yield attempt
        assert outcome is not None
        if isinstance(outcome, Open):
            return outcome
        decision = decide(outcome, repeatable=attempt.request.repeatable, final=final)
        if decision is not Decision.FOLLOW:
            return outcome
        assert isinstance(outcome, Response)
        attempt = _redirected(attempt, outcome.headers["location"], endpoints)
    return Failure(f"more than {_MOST_REDIRECTS} redirects", sent=False)


def _redirected(attempt: Attempt, location: str, endpoints: Endpoints) -> Attempt:
    parts = urlsplit(urljoin(attempt.endpoint + attempt.request.target, location))
    origin = f"{parts.scheme}://{parts.netloc}"
    target = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
    return replace(
        attempt,
        endpoint=origin,
        request=replace(attempt.request, target=target),
        trusted=origin in endpoints.urls,
    )


def _refused(response: Response) -> bool:
    error = refusal(response)
    return isinstance(error, EtcdError) and error.cause in _REFUSED


def _reason(outcome: Response | Failure) -> str:
    return outcome.reason if isinstance(outcome, Failure) else str(refusal(outcome))
