"""Passwords are checked seldom, off the loop, and remembered no longer than they are right."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import bcrypt
import pytest

from vard_http.api import passwords as module
from vard_http.api.passwords import MAX_CHECKS, Passwords
from vard_http.auth import User
from vard_http.store import StoreError

ETCD_HASH = b"$2a$10$tP7UYABcQrgMbmWfELewZuo/3olepPtLI8PaJ42aIIYMCOdZltquC"
"""What etcd 3.4.23 stored for the password `rp`."""


class Bcrypt:
    """The real one at its lowest cost, with a count and a gate."""

    def __init__(self) -> None:
        self._checkpw = bcrypt.checkpw
        self.checks = 0
        self.gate = threading.Event()
        self.gate.set()

    def checkpw(self, password: bytes, stored: bytes) -> bool:
        self.checks += 1
        self.gate.wait(5)
        return self._checkpw(password, stored)


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Bcrypt:
    counted = Bcrypt()
    monkeypatch.setattr(bcrypt, "checkpw", counted.checkpw)
    return counted


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    made = Passwords()
    yield made
    made.close()


def _user(password: bytes, name: bytes = b"u") -> User:
    return User(name, bcrypt.hashpw(password, bcrypt.gensalt(4, prefix=b"2a")))


async def _check(passwords: Passwords, user: User, password: bytes) -> bool:
    told: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    passwords.check(user, password, told.set_result)
    return await told


async def test_a_right_password_is_told_at_once_from_the_second_time_on(
    passwords: Passwords, work: Bcrypt
) -> None:
    user = _user(b"right")
    assert await _check(passwords, user, b"right")
    told: list[bool] = []
    passwords.check(user, b"right", told.append)
    assert told == [True]
    assert work.checks == 1


async def test_a_wrong_password_is_refused_and_costs_no_work_the_second_time(
    passwords: Passwords, work: Bcrypt
) -> None:
    user = _user(b"right")
    assert not await _check(passwords, user, b"wrong")
    assert not await _check(passwords, user, b"wrong")
    assert work.checks == 1
    assert await _check(passwords, user, b"right")


async def test_a_wrong_password_is_never_refused_at_once(passwords: Passwords) -> None:
    user = _user(b"right")
    await _check(passwords, user, b"wrong")
    told: list[bool] = []
    passwords.check(user, b"wrong", told.append)
    passwords.refuse(told.append)
    assert told == []


async def test_a_changed_hash_ends_what_was_known(passwords: Passwords, work: Bcrypt) -> None:
    assert await _check(passwords, _user(b"old"), b"old")
    changed = _user(b"new")
    assert not await _check(passwords, changed, b"old")
    assert await _check(passwords, changed, b"new")
    assert work.checks == 3


async def test_the_proof_of_one_user_does_not_help_another(passwords: Passwords) -> None:
    mine, other = _user(b"mine"), _user(b"other", b"v")
    assert await _check(passwords, mine, b"mine")
    assert not await _check(passwords, other, b"mine")


async def test_the_same_question_at_the_same_time_is_asked_once(
    passwords: Passwords, work: Bcrypt
) -> None:
    user = _user(b"right")
    answers = await asyncio.gather(*(_check(passwords, user, b"right") for _ in range(50)))
    assert answers == [True] * 50
    assert work.checks == 1


async def test_only_so_many_passwords_are_checked_at_a_time(
    passwords: Passwords, work: Bcrypt
) -> None:
    user = _user(b"right")
    work.gate.clear()
    waiting = [
        asyncio.ensure_future(_check(passwords, user, b"%d" % guess)) for guess in range(MAX_CHECKS)
    ]
    await asyncio.sleep(0)
    with pytest.raises(StoreError) as refused:
        passwords.check(user, b"right", lambda _: None)
    assert refused.value.code == 300
    work.gate.set()
    assert await asyncio.gather(*waiting) == [False] * MAX_CHECKS
    assert await _check(passwords, user, b"right")


async def test_what_is_remembered_is_bounded(
    passwords: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_PROVED", 2)
    users = [_user(b"p", b"u%d" % number) for number in range(3)]
    for user in users:
        assert await _check(passwords, user, b"p")
    told: list[bool] = []
    for user in users[1:]:
        passwords.check(user, b"p", told.append)
    assert told == [True, True]
    passwords.check(users[0], b"p", told.append)
    assert told == [True, True]


@pytest.mark.parametrize(
    ("password", "presented", "right"),
    [
        (b"x" * 72, b"x" * 100, True),
        (b"x" * 72, b"x" * 71, False),
        (b"", b"", True),
        (b"a\x00b", b"a\x00b", True),
        (b"a\x00b", b"a\x00c", False),
        (b"\xff\xfe", b"\xff\xfe", True),
    ],
)
async def test_any_bytes_may_be_a_password_and_72_of_them_count(
    passwords: Passwords, password: bytes, presented: bytes, right: bool
) -> None:
    assert await _check(passwords, _user(password), presented) == right


@pytest.mark.parametrize("stored", [b"", b"x", b"$2a$10$short", b"$1$md5$abc", b"\xff" * 60])
async def test_what_is_no_hash_fits_no_password(passwords: Passwords, stored: bytes) -> None:
    assert not await _check(passwords, User(b"u", stored), b"x")


async def test_a_hash_is_of_etcd_s_form_and_fits(passwords: Passwords) -> None:
    stored = await passwords.hash(b"y" * 80)
    assert stored.startswith(b"$2a$10$")
    assert await _check(passwords, User(b"u", stored), b"y" * 80)


async def test_a_hash_made_by_etcd_fits(passwords: Passwords) -> None:
    assert await _check(passwords, User(b"root", ETCD_HASH), b"rp")
    assert not await _check(passwords, User(b"root", ETCD_HASH), b"rq")
