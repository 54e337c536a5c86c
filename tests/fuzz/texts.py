"""JSON of clients, and of stored users and roles."""

from __future__ import annotations

import contextlib

from hypothesis import strategies as st

from tests.fuzz.mutations import mutated
from tests.fuzz.target import Target
from vard_http.api.gojson import GoJsonError, read_peer_urls
from vard_http.auth.gojson import read_role, read_user, read_user_change, write_role, write_user

_TOKENS = (
    b'"',
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"null",
    b"1e999",
    b"-",
    b"NaN",
    b"\\ud800",
    b"\\u",
    b"\xff",
    b"9" * 5000,
    b"[" * 20_000,
    b'{"a":' * 20_000,
)
_SOUND = st.sampled_from(
    (
        b'{"peerURLs":["http://a:1","http://b:2"],"x":{"y":[1,2.5e3,true,null]}}',
        b'{"user":"u","password":"p","roles":["r"],"grant":["g"],"revoke":["v"]}',
        b'{"role":"r","permissions":{"kv":{"read":["/*"],"write":[]}},"grant":{"kv":{"read":[]}}}',
    )
)


def check_texts(text: bytes) -> None:
    """Understood, or refused with the errors that are documented."""
    with contextlib.suppress(GoJsonError):
        assert all(isinstance(url, str) for url in read_peer_urls(text))
    with contextlib.suppress(ValueError):
        read_user_change(text)
    with contextlib.suppress(ValueError):
        user = read_user(text)
        assert read_user(write_user(user)) == user
    with contextlib.suppress(ValueError):
        role = read_role(text)
        assert read_role(write_role(role)) == role


TARGET = Target("json", mutated(_SOUND, _TOKENS, most=5) | st.binary(max_size=40), check_texts, 500)
