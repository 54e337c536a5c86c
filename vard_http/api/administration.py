"""Changes of users and roles through the log, in the steps that etcd takes (contract 14)."""

from __future__ import annotations

import asyncio
import time
from typing import Final

import structlog

from vard_http.api.passwords import Passwords
from vard_http.auth import (
    AUTH,
    ENABLED,
    GUEST,
    GUEST_ROLE,
    ROLES,
    ROOT,
    USERS,
    Accounts,
    Role,
    User,
    UserChange,
    changed_role,
    changed_user,
    errors,
    with_root_role,
    write_role,
    write_user,
)
from vard_http.node import Node, Outcome
from vard_http.store import Command, Create, Delete, StoreError, Update
from vard_http.store import errors as store_errors

_DIRECTORIES: Final = (AUTH, USERS, ROLES)

log = structlog.get_logger("auth")


class Administration:
    """All of it raises AuthError, and StoreError if the cluster does not do its part."""

    def __init__(self, node: Node, accounts: Accounts, passwords: Passwords) -> None:
        self._node = node
        self._accounts = accounts
        self._passwords = passwords
        self._prepared = False

    async def create_or_update_user(self, change: UserChange) -> tuple[User, bool]:
        """The user as it is now, and whether it is new."""
        try:
            await self._catch_up()
            known = self._accounts.user(change.name) is not None
        except StoreError:
            known = False  # creating it will have its say
        if known:
            return await self.update_user(change), False
        return await self.create_user(change), True

    async def create_user(self, change: UserChange) -> User:
        """Make a user with a password and perhaps roles."""
        if not change.password:
            raise errors.no_password(change.name)
        password = await self._passwords.hash(change.password)
        user = with_root_role(User(change.name, password, change.roles))
        if not await self._create(USERS, user.name, write_user(user)):
            raise errors.user_exists(user.name)
        log.info("created user", user=_shown(user.name))
        return user

    async def update_user(self, change: UserChange) -> User:
        """Grant, revoke and give a new password."""
        await self._catch_up()
        user = self._accounts.user(change.name)
        if user is None:
            raise errors.user_not_found(change.name)
        password = await self._passwords.hash(change.password) if change.password else None
        user = changed_user(user, change, password)
        await self._update(b"%b/%b" % (USERS, user.name), write_user(user))
        log.info("updated user", user=_shown(user.name))
        return user

    async def delete_user(self, name: bytes) -> None:
        """Remove a user; root only while auth is off."""
        if self._accounts.enabled and name == ROOT:
            raise errors.root_is_needed()
        if not await self._delete(USERS, name):
            raise errors.user_to_delete_not_found(name)
        log.info("deleted user", user=_shown(name))

    async def create_role(self, role: Role) -> None:
        """Make a role."""
        if role.name == ROOT:
            raise errors.root_role_is_fixed()
        if not await self._create(ROLES, role.name, write_role(role)):
            raise errors.role_exists(role.name)
        log.info("created role", role=_shown(role.name))

    async def update_role(self, change: Role) -> Role:
        """Grant and revoke permissions."""
        if change.name == ROOT:
            raise errors.root_role_is_fixed()
        await self._catch_up()
        role = self._accounts.role(change.name)
        if role is None:
            raise errors.role_not_found(change.name)
        role = changed_role(role, change)
        await self._update(b"%b/%b" % (ROLES, role.name), write_role(role))
        log.info("updated role", role=_shown(role.name))
        return role

    async def delete_role(self, name: bytes) -> None:
        """Remove a role; users keep its name."""
        if name == ROOT:
            raise errors.root_role_is_fixed()
        if not await self._delete(ROLES, name):
            raise errors.role_to_delete_not_found(name)
        log.info("deleted role", role=_shown(name))

    async def enable(self) -> None:
        """Switch auth on; the guest may do all, unless their role says otherwise."""
        if self._accounts.enabled:
            raise errors.already_enabled()
        await self._catch_up()
        if self._accounts.user(ROOT) is None:
            raise errors.no_root_user()
        if self._accounts.role(GUEST) is None:
            await self.create_role(GUEST_ROLE)
        await self._update(ENABLED, b"true")
        log.info("enabled auth")

    async def disable(self) -> None:
        """Switch auth off."""
        if not self._accounts.enabled:
            raise errors.already_disabled()
        await self._update(ENABLED, b"false")
        log.info("disabled auth")

    async def _create(self, directory: bytes, name: bytes, value: bytes) -> bool:
        """Whether there was none of that name."""
        await self._prepare()
        path = b"%b/%b" % (directory, name)
        return await self._attempt(Create(time.time_ns(), path, value), store_errors.KEY_EXISTS)

    async def _update(self, path: bytes, value: bytes) -> None:
        await self._prepare()
        await self._propose(Update(time.time_ns(), path, value))

    async def _delete(self, directory: bytes, name: bytes) -> bool:
        """Whether there was one."""
        await self._prepare()
        path = b"%b/%b" % (directory, name)
        return await self._attempt(Delete(time.time_ns(), path), store_errors.KEY_NOT_FOUND)

    async def _prepare(self) -> None:
        """Make the directories and the switch, as etcd does before its first write of a run."""
        if self._prepared:
            return
        now = time.time_ns()
        for path in _DIRECTORIES:
            await self._attempt(Create(now, path, b"", directory=True), store_errors.KEY_EXISTS)
        await self._attempt(Create(now, ENABLED, b"false"), store_errors.KEY_EXISTS)
        self._prepared = True

    async def _attempt(self, command: Command, refusal: int) -> bool:
        """Whether the command did not meet this refusal."""
        try:
            await self._propose(command)
        except StoreError as error:
            if error.code != refusal:
                raise
            return False
        return True

    async def _propose(self, command: Command) -> None:
        applied: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def done(outcome: Outcome) -> None:
            if applied.done():
                return
            if isinstance(outcome, StoreError):
                applied.set_exception(outcome)
            else:
                applied.set_result(None)

        self._node.propose(command, done)
        await applied

    async def _catch_up(self) -> None:
        """Wait until the store may be read linearizably."""
        caught_up: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def done(error: StoreError | None) -> None:
            if caught_up.done():
                return
            if error is not None:
                caught_up.set_exception(error)
            else:
                caught_up.set_result(None)

        self._node.read(done)
        await caught_up


def _shown(name: bytes) -> str:
    return name.decode("utf-8", "replace")
