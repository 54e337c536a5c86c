"""bcrypt off the event loop, and as seldom as possible (contract 14.2)."""

from __future__ import annotations

import asyncio
import hmac
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from typing import Final, TypeVar

import bcrypt
import structlog

from vard_http.auth import User
from vard_http.store import StoreError, errors

COST: Final = 10
MAX_LENGTH: Final = 72
"""Bytes of a password that bcrypt looks at; Go's cut off the rest, Python's refuses it."""

THREADS: Final = 2
MAX_CHECKS: Final = 128
"""Passwords under check at a time; two seconds of work or so for each thread."""

MAX_PROVED: Final = 1 << 16
MAX_REFUSED: Final = 1 << 12

T = TypeVar("T")
Then = Callable[[bool], None]

log = structlog.get_logger("auth")


class Passwords:
    """Checks passwords, and remembers keyed digests of those it has checked.

    A right password is told at once from then on, until the user's hash changes. A wrong one that
    comes again costs no work, but as much time as before: how fast the answer is says nothing
    about what others tried.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._proved: dict[bytes, bytes] = {}
        self._refused: dict[bytes, None] = {}
        self._checking: dict[bytes, list[Then]] = {}
        self._seconds = 0.05
        self._executor = ThreadPoolExecutor(THREADS, "bcrypt")

    def close(self) -> None:
        """Forget what has not begun."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def hash(self, password: bytes) -> bytes:
        """What is stored for a password."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, _hash, password)

    def check(self, user: User, password: bytes, then: Then) -> None:
        """Call `then` with whether `password` is the user's, at once if that is known.

        Raises StoreError (300) if too many passwords are being checked.
        """
        digest = self._digest(user, password)
        if hmac.compare_digest(self._proved.get(user.name, b""), digest):
            then(True)
        elif digest in self._refused:
            self.refuse(then)
        elif digest in self._checking:
            self._checking[digest].append(then)
        elif len(self._checking) >= MAX_CHECKS:
            raise StoreError(errors.RAFT_INTERNAL, b"etcdserver: too many requests", 0)
        else:
            self._checking[digest] = [then]
            check = asyncio.get_running_loop().run_in_executor(
                self._executor, _check, user.password, password
            )
            check.add_done_callback(lambda done: self._checked(user, digest, done))

    def refuse(self, then: Then) -> None:
        """Call `then` with False after the time that a check takes."""
        asyncio.get_running_loop().call_later(self._seconds, then, False)

    def _digest(self, user: User, password: bytes) -> bytes:
        """Of a password together with the hash it was held against."""
        return blake2b(b"%b %b" % (user.password, password), key=self._key).digest()

    def _checked(self, user: User, digest: bytes, done: asyncio.Future[tuple[bool, float]]) -> None:
        waiting = self._checking.pop(digest)
        if done.cancelled():
            return
        right, self._seconds = done.result()
        if right:
            _put(self._proved, user.name, digest, MAX_PROVED)
        else:
            log.warning("incorrect password", user=user.name.decode("utf-8", "replace"))
            _put(self._refused, digest, None, MAX_REFUSED)
        for then in waiting:
            then(right)


def _put(known: dict[bytes, T], key: bytes, value: T, limit: int) -> None:
    """Remember `value`, and forget the oldest rather than hold more than `limit`."""
    known.pop(key, None)
    if len(known) >= limit:
        del known[next(iter(known))]
    known[key] = value


def _hash(password: bytes) -> bytes:
    return bcrypt.hashpw(password[:MAX_LENGTH], bcrypt.gensalt(COST, prefix=b"2a"))


def _check(stored: bytes, password: bytes) -> tuple[bool, float]:
    """Whether the password is right, and the seconds that it took to find out."""
    started = time.perf_counter()
    try:
        right = bcrypt.checkpw(password[:MAX_LENGTH], stored)
    except ValueError:
        right = False  # what is stored is no hash
    return right, time.perf_counter() - started
