"""Key requests before they become bytes."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tests.conformance.steps import Ask
from tests.conformance.vocabulary import percent_encoded
from tests.harness.wire import FORM, request_bytes

PREFIX = b"/v2/keys"

Parameter = tuple[bytes, bytes]


@dataclass
class Draft:
    """A key request. `raw_form` is a body as it is, `form` one that still has to be encoded.

    `cut` asks for a chunked body, cut in two there.
    """

    category: str
    method: str
    key: bytes
    query: list[Parameter] = field(default_factory=list)
    form: list[Parameter] | None = None
    content_type: str = FORM
    raw_form: bytes | None = None
    cut: float | None = None

    def spread(self, parameters: list[Parameter], choice: random.Random) -> Draft:
        """Puts the parameters of a write, shuffled, into query and form."""
        choice.shuffle(parameters)
        everywhere = choice.choices(("form", "query", "both"), (5, 2, 2))[0]
        self.form = []
        for parameter in parameters:
            into_form = everywhere == "form" or (everywhere == "both" and choice.random() < 0.5)
            (self.form if into_form else self.query).append(parameter)
        self.cut = choice.random() if choice.random() < 0.04 else None
        return self

    def ask(self) -> Ask:
        body = self.raw_form
        if body is None and self.form is not None:
            body = encode(self.form)
        headers = {"Content-Type": self.content_type} if body is not None else {}
        if body is not None and self.cut is not None:
            headers["Transfer-Encoding"] = "chunked"
            body = _chunks(body, self.cut)
        data = request_bytes(self.method, target(self.key, self.query), headers, body)
        return Ask(self.category, data, self.method, self.key.rstrip(b"/"))


def encode(parameters: list[Parameter]) -> bytes:
    """As a form or query."""
    return b"&".join(name + b"=" + percent_encoded(value) for name, value in parameters)


def target(key: bytes, parameters: list[Parameter]) -> bytes:
    """A request target; the key is taken as it is."""
    return PREFIX + key + (b"?" + encode(parameters) if parameters else b"")


def _chunks(body: bytes, cut: float) -> bytes:
    at = int(cut * len(body))
    parts = [part for part in (body[:at], body[at:]) if part]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
