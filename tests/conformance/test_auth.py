"""Random administration of users and roles, and use of keys, on vard_http and on etcd.

`python -m tests.conformance.test_auth FIRST LAST STEPS` runs more seeds.
"""

from __future__ import annotations

import json
import random
import sys
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.conformance.normaliser import response_difference
from tests.harness.http1 import Response
from tests.harness.processes import Server, start_server
from tests.harness.wire import FORM, ConnectionEnded, request_bytes

_USERS = ("root", "u", "v", "_h", "é <x>", "missing")
_ROLES = ("ra", "rb", "guest", "root", "_r", "missing")
_PASSWORDS = ("rp", "p", "y" * 80, "ü:x")
_PATTERNS = ("/a/*", "/a/x", "/*", "*", "/b", "/b/", "/<&>*", "/a*")
_KEYS = ("/a/x", "/a", "/a/", "/b", "/b/", "", "/", "/%3C&%3Eq", "/a/x/y")
_BODIES = (
    "",
    "null",
    "nullx",
    "[]",
    "{}",
    '{"user":"u"',
    '{"user":1,"role":1}',
    '{"USER":"u","ROLE":"ra","Password":"p","x":[1,{"y":null}]} trailing',
    '{"user":"u","password":null,"roles":null,"grant":null}',
    '{"user":"u","roles":"a"}',
    '{"user":"u","grant":[1]}',
    '{"role":"ra","permissions":null,"grant":{},"revoke":{"kv":null}}',
    '{"role":"ra","permissions":{"kv":{"read":["/x"]}},"permissions":{"kv":{"write":["/y"]}}}',
    '{"role":"ra","grant":{"kv":{"read":"x"}}}',
    '{"user":"v","password":"p","user":"u","ſ":1}',
    '{"uſer":"u","paſſword":"p"}',
    '{"user":"u","password":"\\ud800"}',
    '{"user":"u","x":NaN}',
    '{"user":"u","x":1e999,"password":"p"}',
)
_QUERIES = ("", "", "", "", "?a=b", "?a=%zz", "?a;b")
_PARAMETERS = (
    "?sorted=true",
    "?sorted=true",
    "?sorted=true&recursive=true",
    "?sorted=true&quorum=true",
    "?sorted=true&ttl=x",
)
_SECRET = "correct horse battery staple"


@dataclass(frozen=True)
class Step:
    method: str
    target: str
    headers: dict[str, str]
    body: str | None

    def __str__(self) -> str:
        return f"{self.method} {self.target} {self.headers} {self.body}"


class Chooser:
    """Random steps that keep the data changing."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def step(self) -> Step:
        draw = self._random.random()
        if draw < 0.35:
            return self._use_of_keys()
        if draw < 0.65:
            return self._change_of_user()
        if draw < 0.85:
            return self._change_of_role()
        if draw < 0.93:
            return self._step(
                self._random.choice(("PUT", "GET", "DELETE")), "/v2/auth/enable", None
            )
        return self._look()

    def _use_of_keys(self) -> Step:
        method = self._random.choice(("GET", "GET", "HEAD", "PUT", "POST", "DELETE", "PATCH"))
        target = "/v2/keys" + self._random.choice(_KEYS) + self._random.choice(_PARAMETERS)
        return self._step(method, target, "value=1" if method in ("PUT", "POST") else None)

    def _change_of_user(self) -> Step:
        name = self._random.choice(_USERS)
        target = "/v2/auth/users/" + _quoted(name)
        if self._random.random() < 0.15 and name != "root":
            return self._step("DELETE", target, None)
        body: dict[str, object] = {"user": name}
        if self._random.random() < 0.6:
            body["password"] = "rp" if name == "root" else self._random.choice(_PASSWORDS)
        for part, odds in (("roles", 0.2), ("grant", 0.3), ("revoke", 0.2)):
            if self._random.random() < odds:
                body[part] = self._some(_ROLES)
        return self._put(target, body)

    def _change_of_role(self) -> Step:
        name = self._random.choice(_ROLES)
        target = "/v2/auth/roles/" + name
        if self._random.random() < 0.15:
            return self._step("DELETE", target, None)
        body: dict[str, object] = {"role": name}
        for part, odds in (("permissions", 0.3), ("grant", 0.4), ("revoke", 0.3)):
            if self._random.random() < odds:
                lists = {
                    k: self._some(_PATTERNS)
                    for k in ("read", "write")
                    if self._random.random() < 0.8
                }
                body[part] = {"kv": lists}
        return self._put(target, body)

    def _put(self, target: str, body: dict[str, object]) -> Step:
        text = json.dumps(body, ensure_ascii=False)
        if self._random.random() < 0.15:
            text = self._random.choice(_BODIES)
        return self._step("PUT", target + self._random.choice(("", "", "/")), text)

    def _look(self) -> Step:
        kind, names = self._random.choice((("users", _USERS), ("roles", _ROLES)))
        name = self._random.choice(("", "/", "/a/b", *("/" + _quoted(name) for name in names)))
        method = self._random.choice(("GET", "GET", "GET", "HEAD", "POST"))
        return self._step(method, f"/v2/auth/{kind}{name}{self._random.choice(_QUERIES)}", None)

    def _step(self, method: str, target: str, body: str | None) -> Step:
        headers = {"Content-Type": FORM} if body is not None else {}
        authorization = self._authorization()
        if authorization is not None:
            headers["Authorization"] = authorization
        return Step(method, target, headers, body)

    def _authorization(self) -> str | None:
        draw = self._random.random()
        if draw < 0.55:
            return _basic("root", "rp")
        if draw < 0.8:
            return _basic(self._random.choice(_USERS), self._random.choice(_PASSWORDS))
        return self._random.choice((None, None, "", "Basic !", "Bearer x", "Basic cm9vdA=="))

    def _some(self, words: tuple[str, ...]) -> list[str]:
        return self._random.choices(words, k=self._random.randint(0, 2))


class Pair:
    """etcd and vard_http, freshly started."""

    def __init__(self, etcd: Server, vard: Server) -> None:
        self._servers = (etcd, vard)
        self._connections = (etcd.connect(), vard.connect())

    def send(self, step: Step) -> tuple[Response, Response]:
        data = request_bytes(
            step.method,
            step.target.encode(),
            step.headers,
            None if step.body is None else step.body.encode(),
        )
        answers = []
        for connection in self._connections:
            connection.send(data)
            answers.append(connection.read(step.method))
        return answers[0], answers[1]

    def difference(self, step: Step) -> str | None:
        etcd, vard = self.send(step)
        what = response_difference(etcd, vard, any_order=False)
        return what and f"{what}: {step}\n  etcd {etcd}\n  vard {vard}"


def _quoted(name: str) -> str:
    return "".join(f"%{byte:02x}" for byte in name.encode())


def _basic(name: str, password: str) -> str:
    return "Basic " + b64encode(f"{name}:{password}".encode()).decode()


def _first_difference(seed: int, steps: int) -> str | None:
    chooser = Chooser(seed)
    with start_server("etcd") as etcd, start_server("vard") as vard:
        pair = Pair(etcd, vard)
        done: list[Step] = []
        # Auth is on for most of the way.
        enabling = Step("PUT", "/v2/auth/enable", {"Authorization": _basic("root", "rp")}, None)
        root = Step("PUT", "/v2/auth/users/root", {}, '{"user":"root","password":"rp"}')
        for number in range(steps):
            step = {steps // 5: root, steps // 5 + 1: enabling}.get(number) or chooser.step()
            done.append(step)
            found = pair.difference(step)
            if found is not None:
                before = "\n".join(str(step) for step in done[-12:-1])
                return f"seed {seed}, step {number}, after\n{before}\n{found}"
        counters = pair.difference(Step("GET", "/v2/stats/store", {}, None))
        return counters and f"seed {seed}: {counters}"


def test_no_password_and_no_hash_is_logged() -> None:
    with start_server("vard", ["--debug"]) as vard, vard.connect() as connection:
        for name, method, body in (
            ("root", "PUT", '{"user":"root","password":"%s"}'),
            ("u", "PUT", '{"user":"u","password":"%s","roles":["r"]}'),
            ("u", "PUT", '{"user":"u","password":"%s","roles":["r"]}'),
            ("u", "PUT", '{"user":"u","password":"%s"'),
            ("u", "PUT", '{"user":"x","password":"%s"}'),
            ("u", "PUT", '{"user":"u","password":["%s"]}'),
        ):
            connection.request(method, f"/v2/auth/users/{name}", None, (body % _SECRET).encode())
        connection.request("PUT", "/v2/auth/enable")
        for password in (_SECRET, "wrong" + _SECRET):
            headers = {"Authorization": _basic("u", password)}
            connection.request("GET", "/v2/keys/a", headers)
            connection.request("GET", "/v2/auth/users", headers)
        vard.terminate()
        log = vard.log()
    assert "incorrect password user=u" in log
    for secret in (_SECRET, "$2a$", _basic("u", _SECRET)[6:], _basic("u", "wrong" + _SECRET)[6:]):
        assert secret not in log


@pytest.mark.etcd
def test_what_breaks_etcds_handler_is_refused_here() -> None:
    """An empty pattern that has to be compared, and an empty name of a user."""
    with start_server("etcd") as etcd, start_server("vard") as vard:
        pair = Pair(etcd, vard)
        for name, body in (
            ("users/root", '{"user":"root","password":"rp"}'),
            ("users/u", '{"user":"u","password":"p","roles":["ra"]}'),
            ("roles/ra", '{"role":"ra","permissions":{"kv":{"read":[""]}}}'),
            ("enable", None),
        ):
            assert pair.difference(Step("PUT", f"/v2/auth/{name}", {}, body)) is None
        for name, password in (("u", "p"), ("", "p")):
            headers = {"Authorization": _basic(name, password)}
            with etcd.connect() as connection, pytest.raises(ConnectionEnded):
                connection.request("GET", "/v2/keys/x", headers)
            with vard.connect() as connection:
                assert connection.request("GET", "/v2/keys/x", headers).status == 401


@pytest.mark.etcd
@pytest.mark.parametrize("seed", range(4))
def test_vard_answers_like_etcd(seed: int) -> None:
    assert _first_difference(seed, 80) is None


def main() -> Iterator[str]:
    first, last, steps = (int(word) for word in sys.argv[1:4])
    for seed in range(first, last):
        yield _first_difference(seed, steps) or f"seed {seed}: no difference"


if __name__ == "__main__":
    for line in main():
        print(line, flush=True)
