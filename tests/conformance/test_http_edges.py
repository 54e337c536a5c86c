"""Every odd target, method, content type and malformed request once, to vard_http and to etcd."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conformance import vocabulary as words
from tests.conformance.malformed import BROKEN, UNUSUAL
from tests.conformance.runner import Runner, story
from tests.conformance.side import Side
from tests.conformance.steps import Alone, Ask, Broken, Step
from tests.harness.processes import start_server
from tests.harness.wire import FORM, request_bytes

pytestmark = pytest.mark.etcd

_METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS")


def _form(body: bytes, content_type: str = FORM, method: str = "PUT") -> Ask:
    data = request_bytes(method, "/v2/keys/raw", {"Content-Type": content_type}, body)
    return Ask("form", data, method)


def _parameter(name: bytes, value: bytes, method: str) -> Ask:
    target = b"/v2/keys/raw?" + name + b"=" + words.percent_encoded(value)
    return Ask("parameter", request_bytes(method, target), method)


STEPS: tuple[Step, ...] = (
    *(Alone("unusual", data, methods) for data, methods in UNUSUAL),
    *(Broken("broken", data) for data in BROKEN),
    *(
        Ask("odd-target", request_bytes(method, target), method)
        for target in words.ODD_TARGETS
        for method in _METHODS
    ),
    *(
        Ask("odd-method", request_bytes(method, target, {"Content-Type": FORM}, b"value=1"), method)
        for method in words.METHODS
        for target in ("/v2/keys/raw", "/v2/keys", "/v2/keys//a", "/nope")
    ),
    *(_form(b"value=1", content_type) for content_type in words.CONTENT_TYPES),
    *(_form(body) for body in (*words.BAD_FORMS, *words.ODD_FORMS)),
    *(_form(b"value=" + words.percent_encoded(value)) for value in words.VALUES),
    *(
        _parameter(name, value, method)
        for name, values in words.BAD_PARAMETERS
        for value in values
        for method in ("GET", "PUT", "DELETE")
    ),
)


@pytest.fixture(scope="module")
def pair() -> Iterator[Runner]:
    with start_server("etcd") as left, start_server("vard") as right:
        yield Runner(Side("etcd", left), Side("vard", right))


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.category)
def test_vard_answers_like_etcd(pair: Runner, step: Step) -> None:
    difference = pair.replay_one(step)
    assert difference is None, story(difference, ("etcd", "vard"))
