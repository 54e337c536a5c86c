"""Who sends a request, and whether they may (contract 14.1, 14.5)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from vard_http.api.passwords import Passwords
from vard_http.auth import GUEST, ROOT, Accounts, User, allows, read_basic
from vard_http.store import Store

Verdict = Callable[[bool], None]


class Credentials(msgspec.Struct, frozen=True):
    """What a request shows of its sender.

    `authorization` is that header, empty if there is none. `peer_names` are the common names of a
    verified client certificate's chain, the client's first.
    """

    authorization: bytes
    peer_names: tuple[bytes, ...] = ()

    def __repr__(self) -> str:
        return "Credentials(...)"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return []


class Guard:
    """Decides by the users and roles in the store, once auth is on."""

    def __init__(self, store: Store) -> None:
        self.accounts = Accounts(store)
        self.passwords = Passwords()

    def keys(
        self,
        method: bytes,
        key: bytes,
        *,
        recursive: bool,
        credentials: Credentials,
        verdict: Verdict,
    ) -> None:
        """Tell `verdict`, at once or later, whether a request may touch `key`.

        `key` is the decoded path behind /v2/keys. Raises StoreError (300) when overloaded.
        """
        write = method not in (b"GET", b"HEAD")
        if credentials.authorization:
            self._prove(
                credentials.authorization,
                lambda user: verdict(
                    user is not None and self._allows(user, key, write, recursive)
                ),
            )
        elif (user := self._certified(credentials)) is not None:
            verdict(self._allows(user, key, write, recursive))
        else:
            # The guest's rights are compared without a look at `recursive`.
            guest = self.accounts.role(GUEST)
            verdict(guest is not None and allows(guest, key, write=write, recursive=False))

    async def is_root(self, credentials: Credentials) -> bool:
        """Whether the sender has role root. Raises StoreError (300) when overloaded."""
        if not credentials.authorization:
            user = self._certified(credentials)
        else:
            proved: asyncio.Future[User | None] = asyncio.get_running_loop().create_future()

            def note(found: User | None) -> None:
                if not proved.done():
                    proved.set_result(found)

            self._prove(credentials.authorization, note)
            user = await proved
        return user is not None and ROOT in (user.roles or ())

    def _prove(self, authorization: bytes, then: Callable[[User | None], None]) -> None:
        """Call `then` with the user if the password is theirs."""
        basic = read_basic(authorization)
        if basic is None:
            then(None)
            return
        name, password = basic
        user = self.accounts.user(name)
        if user is None:
            self.passwords.refuse(lambda _: then(None))
        else:
            self.passwords.check(user, password, lambda right: then(user if right else None))

    def _certified(self, credentials: Credentials) -> User | None:
        found = (self.accounts.user(name) for name in credentials.peer_names)
        return next((user for user in found if user is not None), None)

    def _allows(self, user: User, key: bytes, write: bool, recursive: bool) -> bool:
        for name in user.roles or ():
            role = self.accounts.role(name)
            if role is not None and allows(role, key, write=write, recursive=recursive):
                return True
        return False
