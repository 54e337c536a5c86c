"""Random requests to every endpoint but /v2/keys, and what may differ in their answers."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from tests.conformance.comparison import shape
from tests.conformance.steps import Administer
from tests.harness.http1 import Response

OWN_ID, OWN_PEER_URL = "{own-id}", "{own-peer-url}"
"""Stand for what is different on each side, in requests and answers."""

READ = (
    *("/v2/members", "/v2/members/", "/v2/members/leader", "/v2/members/none", "/v2/machines"),
    *("/v2/stats/self", "/v2/stats/leader", "/v2/stats/store", "/v2/stats", "/v2/stats/store/"),
    *("/v2/auth/enable", "/v2/auth/users", "/v2/auth/users/", "/v2/auth/users/u", "/v2/auth"),
    *("/v2/auth/roles", "/v2/auth/roles/", "/v2/auth/roles/r", "/v2/auth/roles/guest"),
    *("/version", "/health", "/health?exclude=NOSPACE", "/health?exclude=x", "/version?x=%zz"),
    *("/debug/vars", "/metrics", "/config/local/log", "/members", "/v2//machines", "/version/"),
    f"/v2/members/{OWN_ID}",
)
COUNTERS = ("/v2/stats/store", "/metrics", "/v2/stats/store", "/v2/stats/self")
METHODS = ("HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")
ORIGINS = (None, None, None, "http://a:1")
TYPES = ("application/json", "application/json; charset=utf-8", "text/plain", "APPLICATION/JSON")

MEMBER_PATHS = ("", "/", "/abc", "/abc/", "/zzz", "/1/2", f"/{OWN_ID}", f"/0{OWN_ID}", "/leader")
MEMBER_BODIES = (
    f'{{"peerURLs":["{OWN_PEER_URL}"]}}',
    f'{{"PEERurls":["{OWN_PEER_URL}"],"name":"x"}}',
    '{"peerURLs":["http://foo"]}',
    '{"peerURLs":["ftp://foo:1"]}',
    '{"peerURLs":["http://a b:1"]}',
    '{"peerURLs":"http://a:1"}',
    '{"peerURLs":[]}',
    "{}",
    "null",
    "",
    "x",
    '{"peerURLs":["http://foo:1/"]} x',
)
USER_BODIES = (
    '{"user":"u","password":"p"}',
    '{"user":"u","password":"p","roles":["r"]}',
    '{"user":"u","grant":["r","guest"]}',
    '{"user":"u","revoke":["r"]}',
    '{"user":"u"}',
    '{"user":"v","password":"p"}',
    '{"user":"u","roles":["r"],"grant":["r"]}',
    "",
    "[]",
)
ROLE_BODIES = (
    '{"role":"r","permissions":{"kv":{"read":["/a/*"],"write":["/a"]}}}',
    '{"role":"r","grant":{"kv":{"read":["/b","/c*"],"write":null}}}',
    '{"role":"r","revoke":{"kv":{"read":["/b"],"write":["/a"]}}}',
    '{"role":"r"}',
    '{"role":"x"}',
    '{"role":"r","permissions":{"kv":{"read":["/<&>"]}},"grant":{"kv":{"read":["/z"]}}}',
    "{",
)
AUTH = (("users", "u", USER_BODIES), ("roles", "r", ROLE_BODIES))
LEVELS = ("INFO", "info", "w", "WARNING", "WARN", "3", "9", "", "<b>", "critical", "Info")

_MASKED = (
    (
        re.compile(
            rb'"startTime":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,8}[1-9])?(Z|[+-]\d\d:\d\d)"'
        ),
        b'"startTime":"<time>"',
    ),
    (
        re.compile(rb'"uptime":"(\d+h)?(\d+m)?\d+(\.\d*[1-9])?(s|ms|\xc2\xb5s|ns)"'),
        b'"uptime":"<duration>"',
    ),
)
_COUNTED = ("etcd_http_received", "etcd_http_failed", "etcd_debugging_store_", "etcd_server_health")
_SUCCESSES = "etcd_http_successful_duration_seconds_count"


def administer(category: str, choice: random.Random) -> Administer:
    """A request of one of the endpoints."""
    draw = choice.random()
    if draw < 0.3:
        return Administer(category, "GET", choice.choice(COUNTERS))
    if draw < 0.65:
        method = "GET" if choice.random() < 0.75 else choice.choice(METHODS)
        return Administer(category, method, choice.choice(READ), _origin(choice))
    if draw < 0.8:
        method = choice.choice(("POST", "PUT", "PUT", "DELETE"))
        # With a URL of its own a member would really be added, and the quorum lost.
        body = choice.choice(MEMBER_BODIES).encode()
        headers = {"Content-Type": choice.choice(TYPES), **_origin(choice)}
        return Administer(
            category, method, "/v2/members" + choice.choice(MEMBER_PATHS), headers, body
        )
    if draw < 0.93:
        kind, name, bodies = choice.choice(AUTH)
        method = choice.choice(("PUT", "PUT", "PUT", "DELETE"))
        target = f"/v2/auth/{kind}/{name}"
        return Administer(category, method, target, _origin(choice), choice.choice(bodies).encode())
    level = json.dumps({"Level": choice.choice(LEVELS)})
    text = choice.choice((level, level, "{", '{"level":"i"} x'))
    return Administer(category, "PUT", "/config/local/log", _origin(choice), text.encode())


def _origin(choice: random.Random) -> Mapping[str, str]:
    origin = choice.choice(ORIGINS)
    return {"Origin": origin} if origin else {}


def counts(step: Administer) -> bool:
    """Whether the answer counts watchers, who come and go in their own time."""
    return step.target in ("/v2/stats/store", "/metrics")


def comparable(step: Administer, answer: Response, own: Mapping[bytes, bytes]) -> tuple[Any, ...]:
    """All of an answer that must be equal; `own` are texts of one side with their placeholders."""
    head = answer.head
    first = (head.version, head.status, head.reason)
    if step.target == "/debug/vars" and head.status == 200 and step.method == "GET":
        return *first, head.get("Content-Type"), _debug_shape(answer.body)
    if step.target == "/metrics":
        return *first, head.get("Content-Type"), _counters(answer.body)
    body = answer.body
    for text, placeholder in own.items():
        body = body.replace(text, placeholder)
    for pattern, replacement in _MASKED:
        body = pattern.sub(replacement, body)
    length = head.get("Content-Length")
    measured = length is None or step.method == "HEAD" or int(length) == len(answer.body)
    fields = [(name, _masked_field(name, value)) for name, value in head.headers]
    return *first, fields, measured, body


def unequal(one: tuple[Any, ...], other: tuple[Any, ...]) -> str:
    """In a few words what differs; of counters, which."""
    if len(one) != len(other):
        return "answers differ"
    for here, there in zip(one, other, strict=True):
        if here != there:
            if isinstance(here, dict) and isinstance(there, dict):
                differing = sorted(set(here.items()) ^ set(there.items()), key=repr)
                return f"counters differ: {differing}"
            return f"{here!r} is not {there!r}"
    return "answers differ"


def _masked_field(name: str, value: str) -> str:
    return name if name in ("Date", "Content-Length", "X-Etcd-Cluster-Id") else value


def _debug_shape(body: bytes) -> Any:
    parsed = json.loads(body)
    return list(parsed), shape(parsed["file_descriptor_limit"]), list(parsed["raft.status"])


def _counters(body: bytes) -> Mapping[Any, float]:
    return {
        (sample.name.removesuffix("_total"), *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
        if sample.name == _SUCCESSES
        or (sample.name.startswith(_COUNTED) and not sample.name.endswith("_created"))
    }
