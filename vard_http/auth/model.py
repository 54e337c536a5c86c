"""Users and roles, and how grants and revokes change them (contract 14.2, 14.3).

Names and patterns are the bytes of their UTF-8 text. A list is None where etcd keeps null, which
is not the same to it as an empty list: it shows both, and changing one into the other counts as
an update.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from vard_http.auth import errors

Names = tuple[bytes, ...] | None

ROOT: Final = b"root"
GUEST: Final = b"guest"


class Permissions(msgspec.Struct, frozen=True):
    """Patterns of keys that may be read and written."""

    read: Names = None
    write: Names = None

    def __bool__(self) -> bool:
        return bool(self.read or self.write)


class Role(msgspec.Struct, frozen=True):
    """A role as stored. `grant` and `revoke` are only there if they were empty when it was made."""

    name: bytes
    permissions: Permissions = Permissions()
    grant: Permissions | None = None
    revoke: Permissions | None = None


class _WithSecret(msgspec.Struct, frozen=True):
    """Does not show its `password`, whoever prints it."""

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{field}={getattr(self, field)!r}"
            for field in self.__struct_fields__
            if field != "password"
        )
        return f"{type(self).__name__}({shown})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [(f, getattr(self, f)) for f in self.__struct_fields__ if f != "password"]


class User(_WithSecret, frozen=True):
    """A user as stored; `password` is a bcrypt hash."""

    name: bytes
    password: bytes
    roles: Names = None


class UserChange(_WithSecret, frozen=True):
    """What a request says of a user; `password` is in clear."""

    name: bytes = b""
    password: bytes = b""
    roles: Names = None
    grant: Names = None
    revoke: Names = None


FULL: Final = Permissions((b"/*",), (b"/*",))
ROOT_ROLE: Final = Role(ROOT, FULL)
GUEST_ROLE: Final = Role(GUEST, FULL)


def with_root_role(user: User) -> User:
    """The user, who has role root if it is the user root."""
    roles = user.roles or ()
    if user.name != ROOT or ROOT in roles:
        return user
    return msgspec.structs.replace(user, roles=(*roles, ROOT))


def changed_user(user: User, change: UserChange, password: bytes | None) -> User:
    """`user` after grants, then revokes; `password` is the hash of a new one.

    Raises AuthError for a grant that is held, a revoke that is not, or if nothing changes.
    """
    roles = set(user.roles or ())
    for role in change.grant or ():
        if role in roles:
            raise errors.duplicate_role(role, change.name)
        roles.add(role)
    for role in change.revoke or ():
        if role not in roles:
            raise errors.ungranted_role(role, change.name)
        roles.remove(role)
    changed = User(user.name, password or user.password, tuple(sorted(roles)))
    if changed == user:
        raise errors.user_not_updated()
    return changed


def changed_role(role: Role, change: Role) -> Role:
    """`role` after the grants, then the revokes of `change`.

    Raises AuthError for a permission that is granted already, or if nothing changes.
    """
    permissions = _revoked(_granted(role.permissions, change.grant), change.revoke)
    changed = Role(role.name, permissions)
    if changed == role:
        raise errors.role_not_updated()
    return changed


def _granted(old: Permissions, grant: Permissions | None) -> Permissions:
    if grant is None:
        return old
    return Permissions(
        _added(b"read", old.read, grant.read), _added(b"write", old.write, grant.write)
    )


def _added(kind: bytes, old: Names, grant: Names) -> Names:
    patterns = set(old or ())
    for pattern in grant or ():
        if pattern in patterns:
            raise errors.duplicate_permission(kind, pattern)
        patterns.add(pattern)
    return tuple(sorted(patterns))


def _revoked(old: Permissions, revoke: Permissions | None) -> Permissions:
    if revoke is None:
        return old
    return Permissions(_without(old.read, revoke.read), _without(old.write, revoke.write))


def _without(old: Names, revoke: Names) -> Names:
    return tuple(sorted(set(old or ()) - set(revoke or ())))
