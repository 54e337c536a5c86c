"""/v2/auth (contract 14), and the check that other endpoints make."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from vard_http.api.answers import Answer, method_not_allowed
from vard_http.api.guard import Credentials
from vard_http.api.request import CONTENT_JSON, Request, message
from vard_http.api.service import Service
from vard_http.api.urls import Form
from vard_http.auth import (
    AuthError,
    Role,
    User,
    errors,
    read_role,
    read_user_change,
    write_names,
    write_role,
)
from vard_http.store import StoreError, json_string
from vard_http.store import errors as store_errors

_Body = tuple[int, bytes]
_OfAll = Callable[[Service, Request], Awaitable[_Body]]
_OfOne = Callable[[Service, Request, bytes], Awaitable[_Body]]

_INTERNAL: Final = "Internal Server Error"


async def require_root(service: Service, request: Request) -> Answer | None:
    """The answer to a sender who needs role root and does not have it."""
    if not service.guard.accounts.enabled:
        return None
    credentials = Credentials(request.headers.get(b"authorization", b""), request.peer_names)
    try:
        if await service.guard.is_root(credentials):
            return None
    except StoreError:
        return message(500, _INTERNAL)
    return message(401, "Insufficient credentials")


async def users(service: Service, request: Request) -> Answer:
    """/v2/auth/users and all below it (contract 14.2)."""
    return await _collection(service, request, _all_users, _USER)


async def roles(service: Service, request: Request) -> Answer:
    """/v2/auth/roles and all below it (contract 14.3)."""
    return await _collection(service, request, _all_roles, _ROLE)


async def enable(service: Service, request: Request) -> Answer:
    """/v2/auth/enable (contract 14.4)."""
    if request.method != b"GET" and (refused := await require_root(service, request)):
        return refused
    enabled = service.guard.accounts.enabled
    if request.method == b"GET":
        body = b'{"enabled":%b}\n' % (b"true" if enabled else b"false")
        return await _answer(service, _done(body))
    administration = service.administration
    change = administration.enable if request.method == b"PUT" else administration.disable
    return await _answer(service, _done(b"", change()))


async def _collection(
    service: Service, request: Request, of_all: _OfAll, of_one: Mapping[bytes, _OfOne]
) -> Answer:
    """Serve a collection, or one of its members by the name behind it."""
    names = request.path.rstrip(b"/").split(b"/")[4:]
    if len(names) > 1:
        return message(400, "Invalid path")
    methods = tuple(of_one) if names else (b"GET",)
    if request.method not in methods:
        return method_not_allowed(b",".join(methods))
    if refused := await require_root(service, request):
        return refused
    if names:
        return await _answer(service, of_one[request.method](service, request, names[0]))
    return await _answer(service, of_all(service, request))


async def _answer(service: Service, work: Awaitable[_Body]) -> Answer:
    try:
        status, body = await work
    except AuthError as error:
        return message(error.status, error.message, service.cluster_id)
    except StoreError as error:
        if error.code != store_errors.RAFT_INTERNAL:
            return service.refused(error)
        return message(500, _INTERNAL, service.cluster_id)
    return Answer(status, (CONTENT_JSON, service.cluster_id), body)


async def _done(body: bytes, change: Awaitable[None] | None = None) -> _Body:
    if change is not None:
        await change
    return 200, body


def _check_query(request: Request) -> None:
    if Form(b"", request.query).error:
        raise AuthError(500, _INTERNAL.encode())


async def _all_users(service: Service, request: Request) -> _Body:
    accounts = service.guard.accounts
    names = accounts.user_names()
    _check_query(request)
    shown = []
    for name in names:
        user = accounts.user(name)
        if user is not None:
            found = [accounts.role(role) for role in user.roles or ()]
            shown.append(_user_with_roles(user, [role for role in found if role is not None]))
    return 200, b'{"users":%b}\n' % (b"[%b]" % b",".join(shown) if shown else b"null")


async def _show_user(service: Service, request: Request, name: bytes) -> _Body:
    accounts = service.guard.accounts
    user = accounts.user(name)
    if user is None:
        raise errors.user_not_found(name)
    _check_query(request)
    found = []
    for role_name in user.roles or ():
        role = accounts.role(role_name)
        if role is None:
            raise errors.role_not_found(role_name)
        found.append(role)
    return 200, _user_with_roles(user, found) + b"\n"


def _user_with_roles(user: User, found: list[Role]) -> bytes:
    if not found:
        return b'{"user":%b}' % json_string(user.name)
    shown = b",".join(write_role(role) for role in found)
    return b'{"user":%b,"roles":[%b]}' % (json_string(user.name), shown)


async def _put_user(service: Service, request: Request, name: bytes) -> _Body:
    try:
        change = read_user_change(request.body)
    except ValueError:
        raise errors.invalid_json() from None
    if change.name != name:
        raise errors.other_user_in_url()
    administration, is_new = service.administration, False
    if change.grant or change.revoke:
        if change.roles:
            raise errors.roles_and_changes()
        user = await administration.update_user(change)
    elif change.roles:
        user = await administration.create_user(change)
    else:
        user, is_new = await administration.create_or_update_user(change)
    body = b'{"user":%b,"roles":%b}\n' % (json_string(user.name), write_names(user.roles))
    return 201 if is_new else 200, body


async def _delete_user(service: Service, _: Request, name: bytes) -> _Body:
    await service.administration.delete_user(name)
    return 200, b""


async def _all_roles(service: Service, request: Request) -> _Body:
    accounts = service.guard.accounts
    names = accounts.role_names()
    _check_query(request)
    found = [accounts.role(name) for name in names]
    shown = b",".join(write_role(role) for role in found if role is not None)
    return 200, b'{"roles":[%b]}\n' % shown


async def _show_role(service: Service, _: Request, name: bytes) -> _Body:
    role = service.guard.accounts.role(name)
    if role is None:
        raise errors.role_not_found(name)
    return 200, write_role(role) + b"\n"


async def _put_role(service: Service, request: Request, name: bytes) -> _Body:
    try:
        role = read_role(request.body)
    except ValueError:
        raise errors.invalid_json() from None
    if role.name != name:
        raise errors.other_role_in_url()
    if not role.grant and not role.revoke:
        await service.administration.create_role(role)
        return 201, write_role(role) + b"\n"
    if role.permissions:
        raise errors.permissions_and_changes()
    return 200, write_role(await service.administration.update_role(role)) + b"\n"


async def _delete_role(service: Service, _: Request, name: bytes) -> _Body:
    await service.administration.delete_role(name)
    return 200, b""


_USER: Final[Mapping[bytes, _OfOne]] = {
    b"GET": _show_user,
    b"PUT": _put_user,
    b"DELETE": _delete_user,
}
_ROLE: Final[Mapping[bytes, _OfOne]] = {
    b"GET": _show_role,
    b"PUT": _put_role,
    b"DELETE": _delete_role,
}
