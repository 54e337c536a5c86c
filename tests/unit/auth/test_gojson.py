"""Users and roles from and to JSON by the rules of Go (contract 14.1)."""

from __future__ import annotations

import pytest

from vard_http.auth import (
    Permissions,
    Role,
    User,
    UserChange,
    read_role,
    read_user,
    read_user_change,
    write_role,
    write_user,
)


@pytest.mark.parametrize(
    ("text", "change"),
    [
        (b"{}", UserChange()),
        (b"null", UserChange()),
        (b' \t\r\n{"user":"u"}', UserChange(b"u")),
        (b'{"user":"u"} trailing', UserChange(b"u")),
        (b'{"user":"u"}{"user":"v"}', UserChange(b"u")),
        (b"nullx", UserChange()),
        (b'{"USER":"u","Password":"p","unknown":[1,{"a":null}]}', UserChange(b"u", b"p")),
        ('{"u\u017fer":"u","revo\u212ae":[]}'.encode(), UserChange(b"u", revoke=())),
        (b'{"user":"a","user":"b"}', UserChange(b"b")),
        (b'{"user":"a","user":null}', UserChange(b"a")),
        (b'{"user":null,"password":null,"roles":null}', UserChange()),
        (b'{"roles":[],"grant":["a"],"revoke":["b"]}', UserChange(b"", b"", (), (b"a",), (b"b",))),
        (b'{"roles":["a",null]}', UserChange(roles=(b"a", b""))),
        (b'{"roles":["a"],"roles":null}', UserChange()),
        (b'{"user":"\xff\xe2\x82x"}', UserChange("\ufffd\ufffd\ufffdx".encode())),
        (rb'{"user":"\ud800a\u00e9\ud83d\ude00"}', UserChange("\ufffda\u00e9\U0001f600".encode())),
        (b'{"x":' + b"1" * 5000 + b',"user":"u"}', UserChange(b"u")),
    ],
)
def test_a_request_for_a_user_is_read(text: bytes, change: UserChange) -> None:
    assert read_user_change(text) == change


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b" ",
        b"notjson",
        b"[]",
        b'"user"',
        b"1",
        b"{",
        b'{"user":"u"',
        b'{"user":1}',
        b'{"user":"u","password":1}',
        b'{"user":["u"]}',
        b'{"roles":"a"}',
        b'{"roles":{}}',
        b'{"roles":[1]}',
        b'{"grant":{"a":1}}',
        b'{"x":NaN}',
        b'{"x":Infinity}',
        b'{"user":"a\nb"}',
        b'{"user":"\\x"}',
        b"\xef\xbb\xbf{}",
        b'{"x":' + b"[" * 100_000,
    ],
)
def test_what_is_no_user_raises(text: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        read_user_change(text)


@pytest.mark.parametrize(
    ("text", "role"),
    [
        (b'{"role":"r"}', Role(b"r")),
        (b'{"role":"r","permissions":null,"grant":null}', Role(b"r")),
        (b'{"role":"r","permissions":{"kv":null}}', Role(b"r")),
        (b'{"role":"r","permissions":{"KV":{"READ":["a"]}}}', Role(b"r", Permissions((b"a",)))),
        (b'{"role":"r","grant":{}}', Role(b"r", grant=Permissions())),
        (
            b'{"role":"r","revoke":{"kv":{"read":[],"write":["w"]}}}',
            Role(b"r", revoke=Permissions((), (b"w",))),
        ),
        (
            b'{"role":"r","permissions":{"kv":{"read":["a"]}},"permissions":{"kv":{"write":["b"]}}}',
            Role(b"r", Permissions((b"a",), (b"b",))),
        ),
        (b'{"role":"r","grant":{"kv":{"read":["a"]}},"grant":null}', Role(b"r")),
    ],
)
def test_a_role_is_read(text: bytes, role: Role) -> None:
    assert read_role(text) == role


@pytest.mark.parametrize(
    "text",
    [
        b'{"role":"r","permissions":[]}',
        b'{"role":"r","permissions":{"kv":{"read":"a"}}}',
        b'{"role":"r","grant":{"kv":[]}}',
    ],
)
def test_what_is_no_role_raises(text: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        read_role(text)


@pytest.mark.parametrize(
    ("user", "text"),
    [
        (User(b"u", b"$2a$", None), b'{"user":"u","password":"$2a$","roles":null}'),
        (User(b"u", b"$2a$", ()), b'{"user":"u","password":"$2a$","roles":[]}'),
        (
            User(b"<u>", b"$", (b"b", b"&")),
            rb'{"user":"\u003cu\u003e","password":"$","roles":["b","\u0026"]}',
        ),
    ],
)
def test_a_user_is_stored_as_etcd_does(user: User, text: bytes) -> None:
    assert write_user(user) == text
    assert read_user(text) == user


@pytest.mark.parametrize(
    ("role", "text"),
    [
        (Role(b"r"), b'{"role":"r","permissions":{"kv":{"read":null,"write":null}}}'),
        (
            Role(b"r", Permissions((b"/a*",), ())),
            b'{"role":"r","permissions":{"kv":{"read":["/a*"],"write":[]}}}',
        ),
        (
            Role(b"r", Permissions(), Permissions((), ()), Permissions()),
            b'{"role":"r","permissions":{"kv":{"read":null,"write":null}},'
            b'"grant":{"kv":{"read":[],"write":[]}},"revoke":{"kv":{"read":null,"write":null}}}',
        ),
    ],
)
def test_a_role_is_stored_as_etcd_does(role: Role, text: bytes) -> None:
    assert write_role(role) == text
    assert read_role(text) == role
