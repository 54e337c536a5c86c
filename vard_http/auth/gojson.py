"""JSON of users and roles, read and written as Go's encoding/json does (contract 14.1).

Member names are matched without regard to case, unknown ones are ignored, null leaves things as
they are, objects given twice are merged, and bytes that are not UTF-8 become U+FFFD.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final, NoReturn

import msgspec

from vard_http.auth.model import Names, Permissions, Role, User, UserChange
from vard_http.store import json_string

_SPACE: Final = " \t\r\n"
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class _Object(list[tuple[str, Any]]):
    """A JSON object: its members in order, a name perhaps more than once."""


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_decoder: Final = json.JSONDecoder(
    object_pairs_hook=_Object, parse_int=float, parse_constant=_no_constant
)


def read_user_change(text: bytes) -> UserChange:
    """The request for a user that `text` begins with. Raises ValueError."""
    change = UserChange()
    for name, value in _members(_first_value(text)):
        match name:
            case "user":
                change = msgspec.structs.replace(change, name=_text(value, change.name))
            case "password":
                change = msgspec.structs.replace(change, password=_text(value, change.password))
            case "roles":
                change = msgspec.structs.replace(change, roles=_names(value))
            case "grant":
                change = msgspec.structs.replace(change, grant=_names(value))
            case "revoke":
                change = msgspec.structs.replace(change, revoke=_names(value))
    return change


def read_user(text: bytes) -> User:
    """A user as stored. Raises ValueError."""
    stored = read_user_change(text)
    return User(stored.name, stored.password, stored.roles)


def read_role(text: bytes) -> Role:
    """The role that `text` begins with, as stored or in a request. Raises ValueError."""
    role = Role(b"")
    for name, value in _members(_first_value(text)):
        match name:
            case "role":
                role = msgspec.structs.replace(role, name=_text(value, role.name))
            case "permissions":
                permissions = _permissions(value, role.permissions)
                role = msgspec.structs.replace(role, permissions=permissions)
            case "grant":
                role = msgspec.structs.replace(role, grant=_optional(value, role.grant))
            case "revoke":
                role = msgspec.structs.replace(role, revoke=_optional(value, role.revoke))
    return role


def _first_value(text: bytes) -> object:
    """Whatever comes behind it is ignored."""
    # surrogateescape keeps undecodable bytes apart, one character each, as Go does.
    decoded = text.decode("utf-8", "surrogateescape").lstrip(_SPACE)
    try:
        value: object = _decoder.raw_decode(decoded)[0]
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value


def _members(value: object) -> Iterator[tuple[str, object]]:
    """Members with folded names; none of null."""
    if value is None:
        return
    if not isinstance(value, _Object):
        raise ValueError("not an object")
    for name, member in value:
        yield name.lower().replace("ſ", "s"), member


def _text(value: object, before: bytes) -> bytes:
    if value is None:
        return before
    if not isinstance(value, str):
        raise ValueError("not a string")
    return _SURROGATE.sub("\ufffd", value).encode()


def _names(value: object) -> Names:
    if value is None:
        return None
    if not isinstance(value, list) or isinstance(value, _Object):
        raise ValueError("not a list")
    return tuple(_text(name, b"") for name in value)


def _optional(value: object, before: Permissions | None) -> Permissions | None:
    return None if value is None else _permissions(value, before or Permissions())


def _permissions(value: object, permissions: Permissions) -> Permissions:
    for name, member in _members(value):
        if name == "kv":
            for kind, patterns in _members(member):
                if kind in ("read", "write"):
                    changed = {kind: _names(patterns)}
                    permissions = msgspec.structs.replace(permissions, **changed)
    return permissions


def write_user(user: User) -> bytes:
    """The value that is stored for a user."""
    password = b'"password":%b,' % json_string(user.password) if user.password else b""
    name, roles = json_string(user.name), write_names(user.roles)
    return b'{"user":%b,%b"roles":%b}' % (name, password, roles)


def write_role(role: Role) -> bytes:
    """A role as stored, and as shown."""
    parts = [b'{"role":%b,"permissions":%b' % (json_string(role.name), _write(role.permissions))]
    if role.grant is not None:
        parts.append(b',"grant":%b' % _write(role.grant))
    if role.revoke is not None:
        parts.append(b',"revoke":%b' % _write(role.revoke))
    return b"".join(parts) + b"}"


def write_names(names: Names) -> bytes:
    """A list of strings, or null."""
    if names is None:
        return b"null"
    return b"[%b]" % b",".join(json_string(name) for name in names)


def _write(permissions: Permissions) -> bytes:
    return b'{"kv":{"read":%b,"write":%b}}' % (
        write_names(permissions.read),
        write_names(permissions.write),
    )
