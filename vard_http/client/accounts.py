"""Users, roles and the switch of authentication as calls.

All of them raise ApiError with etcd's words when refused (401, 404, 409 ...), and OutcomeUnknown
when a change got no answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from vard_http.client.cluster import parsed
from vard_http.client.model import Role, User, raise_refusal
from vard_http.client.requests import Call, Request, get_request, json_request


def auth_enabled() -> Call[bool]:
    """Whether users need a password and a right."""
    return Call(get_request("/v2/auth/enable"), parsed(lambda body: body["enabled"] is True))


def enable_auth() -> Call[None]:
    """Turn authentication on; the user root must exist."""
    return Call(Request("PUT", "/v2/auth/enable"), raise_refusal, final=True)


def disable_auth() -> Call[None]:
    """Turn authentication off."""
    return Call(Request("DELETE", "/v2/auth/enable"), raise_refusal, final=True)


def users() -> Call[tuple[User, ...]]:
    """All users, by name."""
    read = parsed(lambda body: tuple(_user(each) for each in body["users"] or ()))
    return Call(get_request("/v2/auth/users"), read)


def user(name: str) -> Call[User]:
    """One user."""
    return Call(get_request(_user_path(name)), parsed(_user))


def add_user(name: str, password: str, roles: Sequence[str] = ()) -> Call[User]:
    """Make a user. With `roles` one that exists is refused (409); without, etcd takes it for a
    change of the password."""
    return _put_user(name, {"password": password, "roles": _names(roles)})


def change_password(name: str, password: str) -> Call[User]:
    """Give a user a new password. A user that does not exist is made."""
    return _put_user(name, {"password": password})


def grant_roles(name: str, roles: Sequence[str]) -> Call[User]:
    """Give a user more roles."""
    return _put_user(name, {"grant": _names(roles)})


def revoke_roles(name: str, roles: Sequence[str]) -> Call[User]:
    """Take roles from a user."""
    return _put_user(name, {"revoke": _names(roles)})


def remove_user(name: str) -> Call[None]:
    """Remove a user."""
    return Call(Request("DELETE", _user_path(name)), raise_refusal, final=True)


def roles() -> Call[tuple[Role, ...]]:
    """All roles, by name; root is always there."""
    read = parsed(lambda body: tuple(_role(each) for each in body["roles"] or ()))
    return Call(get_request("/v2/auth/roles"), read)


def role(name: str) -> Call[Role]:
    """One role."""
    return Call(get_request(_role_path(name)), parsed(_role))


def add_role(name: str, *, read: Sequence[str] = (), write: Sequence[str] = ()) -> Call[Role]:
    """Make a role that may read and write what the patterns match (`/a`, `/a/*`)."""
    return _put_role(name, {"permissions": _permissions(read, write)})


def grant_permissions(
    name: str, *, read: Sequence[str] = (), write: Sequence[str] = ()
) -> Call[Role]:
    """Let a role read and write more."""
    return _put_role(name, {"grant": _permissions(read, write)})


def revoke_permissions(
    name: str, *, read: Sequence[str] = (), write: Sequence[str] = ()
) -> Call[Role]:
    """Let a role read and write less; patterns that it has not are ignored."""
    return _put_role(name, {"revoke": _permissions(read, write)})


def remove_role(name: str) -> Call[None]:
    """Remove a role. Users keep its name."""
    return Call(Request("DELETE", _role_path(name)), raise_refusal, final=True)


def _put_user(name: str, change: dict[str, Any]) -> Call[User]:
    request = json_request("PUT", _user_path(name), {"user": name, **change})
    return Call(request, parsed(_user), final=True)


def _put_role(name: str, change: dict[str, Any]) -> Call[Role]:
    request = json_request("PUT", _role_path(name), {"role": name, **change})
    return Call(request, parsed(_role), final=True)


def _permissions(read: Sequence[str], write: Sequence[str]) -> dict[str, Any]:
    return {"kv": {"read": _names(read), "write": _names(write)}}


def _user(raw: Any) -> User:
    """Reads give whole roles, changes give their names."""
    roles = raw.get("roles") or ()
    return User(
        raw["user"], tuple(each if isinstance(each, str) else each["role"] for each in roles)
    )


def _role(raw: Any) -> Role:
    kv = (raw.get("permissions") or {}).get("kv") or {}
    return Role(raw["role"], tuple(kv.get("read") or ()), tuple(kv.get("write") or ()))


def _user_path(name: str) -> str:
    return "/v2/auth/users/" + _segment(name)


def _role_path(name: str) -> str:
    return "/v2/auth/roles/" + _segment(name)


def _segment(name: str) -> str:
    if not name or "/" in name or name in (".", ".."):
        raise ValueError(f"not a name for a user or role: {name!r}")
    return quote(name, safe="")


def _names(names: Sequence[str]) -> list[str]:
    """Raises ValueError for a text, which is a sequence too."""
    if isinstance(names, str):
        raise ValueError(f"a list is needed, not {names!r}")
    return list(names)
