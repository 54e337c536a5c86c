"""PUT /config/local/log takes and refuses what etcd takes and refuses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.api.support import make_service, running_node
from vard_http.api.loglevel import config_log
from vard_http.api.request import Request
from vard_http.logs import Level, _threshold, set_level


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    yield
    set_level(Level.INFO)


async def put(body: bytes) -> tuple[int, bytes]:
    async with running_node() as node:
        request = Request(b"PUT", b"/config/local/log", b"", {}, body)
        answer = await config_log(make_service(node), request)
        return answer.status, answer.body


@pytest.mark.parametrize(
    ("body", "level"),
    [
        (b'{"Level":"DEBUG"}', Level.DEBUG),
        (b'{"Level":"error"}', Level.ERROR),
        (b'{"level":"Warning"}', Level.WARNING),
        (b'{"LEVEL":"n"}', Level.NOTICE),
        (b'{"Level":"C"}', Level.CRITICAL),
        (b'{"Level":"0"}', Level.ERROR),
        (b'{"Level":"3"}', Level.INFO),
        (b'{"Level":"5"}', Level.TRACE),
        (b'{"Level":"INFO","level":"E"}', Level.ERROR),
        (b'{"Level":"D","Level":null}', Level.DEBUG),
        (b' \n{"Other":[1],"Level":"D"} and more', Level.DEBUG),
    ],
)
async def test_a_known_level_is_set(body: bytes, level: Level) -> None:
    assert await put(body) == (204, b"")
    assert _threshold.level is level


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b'{"Level":"warn"}', b"warn"),
        (b'{"Level":"FATAL"}', b"FATAL"),
        (b'{"Level":" INFO"}', b" INFO"),
        (b'{"Level":"-1"}', b"-1"),
        (b'{"Level":"6"}', b"6"),
        (b'{"Level":"<\\u00e9>"}', "\\u003cé\\u003e".encode()),
        (b'{"Level":"\\ud800"}', "\ufffd".encode()),
        (b'{"Level":null}', b""),
        (b"{}", b""),
        (b"null", b""),
    ],
)
async def test_an_unknown_level_is_named(body: bytes, shown: bytes) -> None:
    assert await put(body) == (400, b'{"message":"Invalid log level %b"}' % shown)


@pytest.mark.parametrize(
    "body",
    [b"", b"x", b"[]", b'"DEBUG"', b"5", b'{"Level":1}', b'{"Level":', b"NaN", b'{"x":Infinity}'],
)
async def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    assert await put(body) == (400, b'{"message":"Invalid json body"}')
