"""Who is let through (contract 13.5, 14.1, 14.5)."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Iterator

import bcrypt
import pytest

from vard_http.api.guard import Credentials, Guard
from vard_http.auth import ROLES, USERS, Permissions, Role, User, write_role, write_user
from vard_http.store import Store


def _basic(name: bytes, password: bytes) -> bytes:
    return b"Basic " + b64encode(b"%b:%b" % (name, password))


USER = User(b"u", bcrypt.hashpw(b"p", bcrypt.gensalt(4)), (b"missing", b"ra"))
ROOT = User(b"root", bcrypt.hashpw(b"rp", bcrypt.gensalt(4)), None)
ALIKE = User(b"operator", bcrypt.hashpw(b"op", bcrypt.gensalt(4)), (b"root",))

ROLE = Role(b"ra", Permissions((b"/a/*", b"/exact"), (b"/a/x",)))
GUEST = Role(b"guest", Permissions((b"/pub/*", b"/p"), None))
BROKEN = Role(b"broken", Permissions((b"",), (b"",)))

NOBODY = Credentials(b"")
AS_USER = Credentials(_basic(b"u", b"p"))
AS_ROOT = Credentials(_basic(b"root", b"rp"))


@pytest.fixture
def store() -> Store:
    store = Store()
    for user in (USER, ROOT, ALIKE):
        store.set(b"%b/%b" % (USERS, user.name), write_user(user), now=0)
    for role in (ROLE, GUEST, BROKEN):
        store.set(b"%b/%b" % (ROLES, role.name), write_role(role), now=0)
    return store


@pytest.fixture
def guard(store: Store) -> Iterator[Guard]:
    made = Guard(store)
    yield made
    made.passwords.close()


async def _may(
    guard: Guard, credentials: Credentials, method: bytes, key: bytes, recursive: bool = False
) -> bool:
    told: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    guard.keys(method, key, recursive=recursive, credentials=credentials, verdict=told.set_result)
    return await told


@pytest.mark.parametrize(
    ("credentials", "method", "key", "recursive", "allowed"),
    [
        (AS_USER, b"GET", b"/a/x", False, True),
        (AS_USER, b"HEAD", b"/a/x", False, True),
        (AS_USER, b"GET", b"/a", False, False),
        (AS_USER, b"GET", b"/a/", True, True),
        (AS_USER, b"GET", b"/exact", False, True),
        (AS_USER, b"GET", b"/exact", True, False),
        (AS_USER, b"PUT", b"/a/x", False, True),
        (AS_USER, b"POST", b"/a/x", False, True),
        (AS_USER, b"DELETE", b"/a/x", False, True),
        (AS_USER, b"DELETE", b"/a/x", True, False),
        (AS_USER, b"PUT", b"/a/y", False, False),
        (AS_ROOT, b"DELETE", b"", True, True),
        (NOBODY, b"GET", b"/pub/x", False, True),
        (NOBODY, b"GET", b"/p", True, True),
        (NOBODY, b"GET", b"/a/x", False, False),
        (NOBODY, b"PUT", b"/pub/x", False, False),
    ],
)
async def test_a_request_is_decided(
    guard: Guard,
    credentials: Credentials,
    method: bytes,
    key: bytes,
    recursive: bool,
    allowed: bool,
) -> None:
    assert await _may(guard, credentials, method, key, recursive) == allowed


@pytest.mark.parametrize(
    "authorization",
    [
        _basic(b"u", b"bad"),
        _basic(b"zz", b"p"),
        _basic(b"", b"p"),
        _basic(b"u/", b"p"),
        _basic(b"../roles/guest", b""),
        b"Bearer x",
        b"Basic !!!",
    ],
)
async def test_failed_credentials_do_not_fall_back_to_guest(
    guard: Guard, authorization: bytes
) -> None:
    assert not await _may(guard, Credentials(authorization), b"GET", b"/pub/x")
    assert not await guard.is_root(Credentials(authorization))


async def test_a_user_does_not_inherit_guest(guard: Guard) -> None:
    assert not await _may(guard, AS_USER, b"GET", b"/pub/x")


async def test_without_role_guest_nobody_is_let_in_unnamed(store: Store, guard: Guard) -> None:
    assert await _may(guard, NOBODY, b"GET", b"/pub/x")
    store.delete(b"%b/guest" % ROLES, now=0)
    assert not await _may(guard, NOBODY, b"GET", b"/pub/x")


async def test_a_change_of_role_counts_from_the_next_request_on(store: Store, guard: Guard) -> None:
    assert not await _may(guard, AS_USER, b"GET", b"/b")
    changed = Role(b"ra", Permissions((b"/b",), None))
    store.update(b"%b/ra" % ROLES, write_role(changed), now=0)
    assert await _may(guard, AS_USER, b"GET", b"/b")


async def test_an_empty_pattern_refuses(store: Store, guard: Guard) -> None:
    broken = User(b"u", USER.password, (b"broken",))
    store.update(b"%b/u" % USERS, write_user(broken), now=0)
    for key in (b"", b"/", b"/a"):
        assert not await _may(guard, AS_USER, b"GET", key)


@pytest.mark.parametrize(
    ("credentials", "is_root"),
    [
        (AS_ROOT, True),
        (Credentials(_basic(b"operator", b"op")), True),
        (AS_USER, False),
        (NOBODY, False),
        (Credentials(b"", (b"root",)), True),
        (Credentials(b"", (b"u",)), False),
        (Credentials(b"", (b"nobody", b"root")), True),
        (Credentials(b"", (b"nobody",)), False),
        (Credentials(b"", (b"",)), False),
        (Credentials(_basic(b"u", b"p"), (b"root",)), False),
    ],
)
async def test_root_is_who_has_the_role(
    guard: Guard, credentials: Credentials, is_root: bool
) -> None:
    assert await guard.is_root(credentials) == is_root


@pytest.mark.parametrize(
    ("names", "key", "allowed"),
    [
        ((b"u",), b"/a/x", True),
        ((b"u",), b"/pub/x", False),
        ((b"nobody",), b"/pub/x", True),
        ((b"",), b"/pub/x", True),
    ],
)
async def test_a_certificate_names_the_user_or_the_guest(
    guard: Guard, names: tuple[bytes, ...], key: bytes, allowed: bool
) -> None:
    assert await _may(guard, Credentials(b"", names), b"GET", key) == allowed


async def test_a_password_beats_a_certificate(guard: Guard) -> None:
    wrong = Credentials(_basic(b"u", b"bad"), (b"root",))
    assert not await _may(guard, wrong, b"GET", b"/a/x")
