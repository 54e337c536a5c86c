"""Who may do what: users, roles, permissions and their place in the store (contract 14)."""

from vard_http.auth import errors
from vard_http.auth.accounts import AUTH, ENABLED, ROLES, USERS, Accounts
from vard_http.auth.basic import read_basic
from vard_http.auth.errors import AuthError
from vard_http.auth.gojson import (
    read_role,
    read_user,
    read_user_change,
    write_names,
    write_role,
    write_user,
)
from vard_http.auth.model import (
    GUEST,
    GUEST_ROLE,
    ROOT,
    Permissions,
    Role,
    User,
    UserChange,
    changed_role,
    changed_user,
    with_root_role,
)
from vard_http.auth.rules import allows

__all__ = [
    "AUTH",
    "ENABLED",
    "GUEST",
    "GUEST_ROLE",
    "ROLES",
    "ROOT",
    "USERS",
    "Accounts",
    "AuthError",
    "Permissions",
    "Role",
    "User",
    "UserChange",
    "allows",
    "changed_role",
    "changed_user",
    "errors",
    "read_basic",
    "read_role",
    "read_user",
    "read_user_change",
    "with_root_role",
    "write_names",
    "write_role",
    "write_user",
]
