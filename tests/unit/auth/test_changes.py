"""What grants and revokes make of users and roles, and what they are refused for."""

from __future__ import annotations

import pytest

from vard_http.auth import (
    AuthError,
    Permissions,
    Role,
    User,
    UserChange,
    changed_role,
    changed_user,
    with_root_role,
)

_NOT_UPDATED = b"auth: User not updated. Use grant/revoke/password to update the user."
_ROLE_NOT_UPDATED = b"auth: Role not updated. Use grant/revoke to update the role."

Names = tuple[bytes, ...] | None


def _user(roles: Names, password: bytes = b"old") -> User:
    return User(b"u", password, roles)


@pytest.mark.parametrize(
    ("before", "grant", "revoke", "after"),
    [
        (None, (b"a",), None, (b"a",)),
        ((), (b"b", b"a"), None, (b"a", b"b")),
        ((b"a",), None, (b"a",), ()),
        ((b"a",), (b"b",), (b"a",), (b"b",)),
        ((b"a",), (b"b",), (b"b", b"a"), ()),
        ((b"b", b"a"), None, None, (b"a", b"b")),
        ((b"a", b"a"), None, None, (b"a",)),
        (None, None, None, ()),
        (None, (b"g",), (b"g",), ()),
    ],
)
def test_a_user_s_roles_change(before: Names, grant: Names, revoke: Names, after: Names) -> None:
    change = UserChange(b"u", b"", None, grant, revoke)
    assert changed_user(_user(before), change, None) == _user(after)


def test_a_new_password_alone_is_a_change() -> None:
    changed = changed_user(_user(()), UserChange(b"u", b"clear"), b"new")
    assert changed == _user((), b"new")


@pytest.mark.parametrize(
    ("before", "grant", "revoke", "status", "message"),
    [
        ((b"a",), (b"a",), None, 409, b"auth: Granting duplicate role a for user u"),
        ((), (b"a", b"a"), None, 409, b"auth: Granting duplicate role a for user u"),
        ((), None, (b"z",), 409, b"auth: Revoking ungranted role z for user u"),
        ((b"a",), (b"a",), (b"z",), 409, b"auth: Granting duplicate role a for user u"),
        ((), (b"g",), (b"g",), 400, _NOT_UPDATED),
        ((b"a", b"b"), None, (), 400, _NOT_UPDATED),
    ],
)
def test_a_change_of_a_user_is_refused(
    before: Names, grant: Names, revoke: Names, status: int, message: bytes
) -> None:
    with pytest.raises(AuthError) as refused:
        changed_user(_user(before), UserChange(b"u", b"", None, grant, revoke), None)
    assert (refused.value.status, refused.value.message) == (status, message)


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        (b"root", None, (b"root",)),
        (b"root", (b"x",), (b"x", b"root")),
        (b"root", (b"root", b"x"), (b"root", b"x")),
        (b"u", None, None),
        (b"u", (), ()),
    ],
)
def test_only_the_user_root_gets_role_root(name: bytes, before: Names, after: Names) -> None:
    assert with_root_role(User(name, b"h", before)) == User(name, b"h", after)


def _role(read: Names, write: Names) -> Role:
    return Role(b"r", Permissions(read, write))


@pytest.mark.parametrize(
    ("before", "grant", "revoke", "after"),
    [
        (_role(None, None), Permissions((b"/b*", b"/a")), None, _role((b"/a", b"/b*"), ())),
        (_role((b"a",), None), Permissions((b"b",)), None, _role((b"a", b"b"), ())),
        (_role((b"a",), (b"w",)), None, Permissions((b"a", b"zzz")), _role((), (b"w",))),
        (_role((b"a",), ()), Permissions((b"c",)), Permissions((b"a",)), _role((b"c",), ())),
        (_role((b"b", b"a", b"a"), ()), None, Permissions((b"z",)), _role((b"a", b"b"), ())),
        (_role(None, None), None, Permissions((b"z",)), _role((), ())),
    ],
)
def test_a_role_s_permissions_change(
    before: Role, grant: Permissions | None, revoke: Permissions | None, after: Role
) -> None:
    assert changed_role(before, Role(b"r", Permissions(), grant, revoke)) == after


def test_empty_grants_kept_from_the_creation_go_with_the_first_change() -> None:
    before = Role(b"r", Permissions((), ()), grant=Permissions((), ()))
    change = Role(b"r", revoke=Permissions((b"z",)))
    assert changed_role(before, change) == _role((), ())


@pytest.mark.parametrize(
    ("before", "grant", "revoke", "status", "message"),
    [
        (
            _role((b"/b*",), ()),
            Permissions((b"/b*",)),
            None,
            409,
            b"auth: Granting duplicate read permission /b*",
        ),
        (
            _role((), (b"/b*",)),
            Permissions((), (b"/b*",)),
            None,
            409,
            b"auth: Granting duplicate write permission /b*",
        ),
        (_role((), ()), None, Permissions((b"/z",)), 400, _ROLE_NOT_UPDATED),
        (_role((), ()), Permissions((b"/z",)), Permissions((b"/z",)), 400, _ROLE_NOT_UPDATED),
    ],
)
def test_a_change_of_a_role_is_refused(
    before: Role,
    grant: Permissions | None,
    revoke: Permissions | None,
    status: int,
    message: bytes,
) -> None:
    with pytest.raises(AuthError) as refused:
        changed_role(before, Role(b"r", Permissions(), grant, revoke))
    assert (refused.value.status, refused.value.message) == (status, message)
