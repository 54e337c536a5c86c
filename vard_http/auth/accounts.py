"""Users and roles where etcd keeps them: in the store, below /2 (contract 14.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from vard_http.auth.gojson import read_role, read_user
from vard_http.auth.model import ROOT, ROOT_ROLE, Role, User, with_root_role
from vard_http.store import Directory, Node, Store

AUTH: Final = b"/2"
USERS: Final = b"/2/users"
ROLES: Final = b"/2/roles"
ENABLED: Final = b"/2/enabled"

T = TypeVar("T", User, Role)


class Accounts:
    """What the store says of users and roles at this moment.

    Values are parsed once: a node is never changed but replaced, so the one that a cached object
    was made from tells whether it still holds. Each look counts as the get that etcd makes for it
    (contract 12.1).
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._users: dict[bytes, tuple[Node, User | None]] = {}
        self._roles: dict[bytes, tuple[Node, Role | None]] = {}

    @property
    def enabled(self) -> bool:
        """Whether auth is on."""
        return self._store.auth_enabled()

    def user(self, name: bytes) -> User | None:
        """The user of that name, who has role root if it is root."""
        return self._find(USERS, name, self._users, _read_user)

    def role(self, name: bytes) -> Role | None:
        """The role of that name; root is built in."""
        return ROOT_ROLE if name == ROOT else self._find(ROLES, name, self._roles, read_role)

    def user_names(self) -> list[bytes]:
        """The names of all users that are not hidden, sorted."""
        return self._names(USERS)

    def role_names(self) -> list[bytes]:
        """The names of all roles that are not hidden, and root, sorted."""
        return sorted([ROOT, *self._names(ROLES)])

    def _find(
        self,
        directory: bytes,
        name: bytes,
        known: dict[bytes, tuple[Node, T | None]],
        read: Callable[[bytes], T],
    ) -> T | None:
        node = None
        if name and b"/" not in name:
            node = self._store.look_up(b"%b/%b" % (directory, name))
        if not isinstance(node, Node) or node.value is None:
            known.pop(name, None)
            return None
        cached = known.get(name)
        if cached is None or cached[0] is not node:
            cached = known[name] = (node, _read(read, node.value))
        return cached[1]

    def _names(self, directory: bytes) -> list[bytes]:
        node = self._store.look_up(directory)
        if not isinstance(node, Directory):
            return []
        return sorted(name for name in node.children if not name.startswith(b"_"))


def _read_user(value: bytes) -> User:
    return with_root_role(read_user(value))


def _read(read: Callable[[bytes], T], value: bytes) -> T | None:
    try:
        return read(value)
    except ValueError:
        return None
