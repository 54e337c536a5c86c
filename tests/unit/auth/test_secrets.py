"""Nothing that is printed shows a password or its hash."""

from __future__ import annotations

import io
from base64 import b64encode

import pytest

from vard_http.api.guard import Credentials
from vard_http.api.http1 import parse_head
from vard_http.api.request import Request
from vard_http.auth import User, UserChange

PASSWORD = b"correct horse"
HASH = b"$2a$10$abcdefghijklmnopqrstuv"
BASIC = b"Basic " + b64encode(b"u:" + PASSWORD)

HOLDERS = [
    User(b"u", HASH, (b"r",)),
    UserChange(b"u", PASSWORD),
    Credentials(BASIC),
    Request(b"PUT", b"/v2/auth/users/u", b"", {b"authorization": BASIC}, PASSWORD),
    parse_head(b"GET / HTTP/1.1\r\nHost: h\r\nAuthorization: %b\r\n\r\n" % BASIC),
]


@pytest.mark.parametrize("holder", HOLDERS, ids=lambda holder: type(holder).__name__)
def test_no_secret_is_shown(holder: object) -> None:
    shown = io.StringIO()
    rich = getattr(holder, "__rich_repr__", list)
    print(holder, repr(holder), f"{holder}", list(rich()), file=shown)
    for secret in (PASSWORD, HASH, BASIC[6:]):
        assert secret.decode() not in shown.getvalue()


def test_a_user_is_shown_but_for_the_password() -> None:
    assert repr(HOLDERS[0]) == "User(name=b'u', roles=(b'r',))"
