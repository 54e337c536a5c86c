"""Users and roles as the store has them."""

from __future__ import annotations

import json

import pytest

from vard_http.auth import (
    ENABLED,
    ROLES,
    USERS,
    Accounts,
    Permissions,
    Role,
    User,
    write_role,
    write_user,
)
from vard_http.store import Store, dump


def _store(*, users: tuple[User, ...] = (), roles: tuple[Role, ...] = ()) -> Store:
    store = Store()
    for user in users:
        store.set(b"%b/%b" % (USERS, user.name), write_user(user), now=0)
    for role in roles:
        store.set(b"%b/%b" % (ROLES, role.name), write_role(role), now=0)
    return store


def _counted(store: Store) -> tuple[int, int]:
    counters = json.loads(store.stats_json())
    return counters["getsSuccess"], counters["getsFail"]


def test_in_a_fresh_store_there_is_nobody() -> None:
    accounts = Accounts(Store())
    assert not accounts.enabled
    assert accounts.user(b"root") is None
    assert accounts.role(b"guest") is None
    assert accounts.user_names() == []
    assert accounts.role_names() == [b"root"]


@pytest.mark.parametrize(("value", "enabled"), [(b"true", True), (b"false", False), (b"", False)])
def test_the_switch_is_read(value: bytes, enabled: bool) -> None:
    store = Store()
    store.set(ENABLED, value, now=0)
    assert Accounts(store).enabled == enabled


def test_users_and_roles_are_found_and_listed_without_hidden_ones() -> None:
    user, hidden = User(b"u", b"hash", (b"r",)), User(b"_h", b"hash")
    role = Role(b"r", Permissions((b"/a",), None))
    accounts = Accounts(_store(users=(user, hidden), roles=(role, Role(b"a"), Role(b"z"))))
    assert accounts.user(b"u") == user
    assert accounts.user(b"_h") == hidden
    assert accounts.role(b"r") == role
    assert accounts.user_names() == [b"u"]
    assert accounts.role_names() == [b"a", b"r", b"root", b"z"]


def test_root_has_role_root_although_it_is_not_stored() -> None:
    accounts = Accounts(_store(users=(User(b"root", b"hash", ()),)))
    assert accounts.user(b"root") == User(b"root", b"hash", (b"root",))


def test_what_is_parsed_once_is_kept_until_the_node_is_another() -> None:
    store = _store(users=(User(b"u", b"old"),))
    accounts = Accounts(store)
    first = accounts.user(b"u")
    assert accounts.user(b"u") is first
    store.update(b"%b/u" % USERS, write_user(User(b"u", b"new")), now=0)
    assert accounts.user(b"u") == User(b"u", b"new")
    store.delete(b"%b/u" % USERS, now=0)
    assert accounts.user(b"u") is None


def test_a_snapshot_takes_the_place_of_what_was_known() -> None:
    store = _store(users=(User(b"u", b"old"), User(b"v", b"hash")))
    accounts = Accounts(store)
    assert accounts.user(b"u") is not None
    assert accounts.user(b"v") is not None
    store.restore(dump(_store(users=(User(b"u", b"new"),))))
    assert accounts.user(b"u") == User(b"u", b"new")
    assert accounts.user(b"v") is None


@pytest.mark.parametrize("name", [b"", b"u/", b"../roles/r", b"x/y"])
def test_names_are_no_paths(name: bytes) -> None:
    accounts = Accounts(_store(users=(User(b"u", b"hash"),), roles=(Role(b"r"),)))
    assert accounts.user(name) is None
    assert accounts.role(name) is None


@pytest.mark.parametrize("value", [b"", b"x", b"[]", b'{"user":1}'])
def test_a_damaged_user_is_nobody(value: bytes) -> None:
    store = Store()
    store.set(b"%b/u" % USERS, value, now=0)
    assert Accounts(store).user(b"u") is None


def test_each_look_counts_as_a_get_but_one_at_the_built_in_role() -> None:
    store = _store(users=(User(b"u", b"hash"),))
    accounts = Accounts(store)
    accounts.user(b"u")
    accounts.user(b"u")
    accounts.user(b"x")
    accounts.role(b"x")
    accounts.role(b"root")
    assert _counted(store) == (2, 2)
