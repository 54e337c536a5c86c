"""Refusals of auth administration, with etcd's texts (contract 14)."""

from __future__ import annotations


class AuthError(Exception):
    """What was asked for cannot be done: an HTTP status and the text that says why.

    `message` is bytes, because names may hold bytes that are not UTF-8.
    """

    def __init__(self, status: int, message: bytes) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message


def user_not_found(name: bytes) -> AuthError:
    return AuthError(404, b"auth: User %b does not exist." % name)


def user_to_delete_not_found(name: bytes) -> AuthError:
    return AuthError(404, b"auth: User %b does not exist" % name)


def user_exists(name: bytes) -> AuthError:
    return AuthError(409, b"auth: User %b already exists." % name)


def user_not_updated() -> AuthError:
    text = b"auth: User not updated. Use grant/revoke/password to update the user."
    return AuthError(400, text)


def no_password(name: bytes) -> AuthError:
    return AuthError(400, b"auth: Cannot create user %b with an empty password" % name)


def root_is_needed() -> AuthError:
    return AuthError(403, b"auth: Cannot delete root user while auth is enabled.")


def duplicate_role(role: bytes, user: bytes) -> AuthError:
    return AuthError(409, b"auth: Granting duplicate role %b for user %b" % (role, user))


def ungranted_role(role: bytes, user: bytes) -> AuthError:
    return AuthError(409, b"auth: Revoking ungranted role %b for user %b" % (role, user))


def role_not_found(name: bytes) -> AuthError:
    return AuthError(404, b"auth: Role %b does not exist." % name)


def role_to_delete_not_found(name: bytes) -> AuthError:
    return AuthError(404, b"auth: Role %b doesn't exist." % name)


def role_exists(name: bytes) -> AuthError:
    return AuthError(409, b"auth: Role %b already exists." % name)


def role_not_updated() -> AuthError:
    return AuthError(400, b"auth: Role not updated. Use grant/revoke to update the role.")


def root_role_is_fixed() -> AuthError:
    return AuthError(403, b"auth: Cannot modify role root: is root role.")


def duplicate_permission(kind: bytes, pattern: bytes) -> AuthError:
    return AuthError(409, b"auth: Granting duplicate %b permission %b" % (kind, pattern))


def no_root_user() -> AuthError:
    return AuthError(409, b"auth: No root user available, please create one")


def already_enabled() -> AuthError:
    return AuthError(409, b"auth: already enabled")


def already_disabled() -> AuthError:
    return AuthError(409, b"auth: already disabled")


def invalid_json() -> AuthError:
    return AuthError(400, b"Invalid JSON in request body.")


def other_user_in_url() -> AuthError:
    return AuthError(400, b"User JSON name does not match the name in the URL")


def other_role_in_url() -> AuthError:
    return AuthError(400, b"Role JSON name does not match the name in the URL")


def roles_and_changes() -> AuthError:
    return AuthError(400, b"User JSON contains both roles and grant/revoke")


def permissions_and_changes() -> AuthError:
    return AuthError(400, b"Role JSON contains both permissions and grant/revoke")
