"""Members, health, statistics, users and roles, on etcd and on vard_http."""

from __future__ import annotations

import pytest

from tests.client.clients import Manner, opened
from tests.harness.processes import Server
from vard_http.client import ApiError, Client, Role, Unauthorized, User


def test_members_health_and_versions(client: Client, server: Server) -> None:
    (member,) = client.members()
    assert member == client.leader()
    assert (member.name, member.id) == ("default", server.endpoint.member_id)
    assert member.client_urls == client.sync() == (server.endpoint.client_url,)
    assert client.health().healthy
    version = client.version(server.endpoint.client_url)
    assert (version.server, version.cluster) == ("3.4.23", "3.4.0")


def test_statistics(client: Client, server: Server) -> None:
    before = client.store_stats()["setsSuccess"]
    client.set("a", "1")
    assert client.store_stats()["setsSuccess"] == before + 1
    assert client.self_stats()["id"] == server.endpoint.member_id
    assert client.leader_stats()["followers"] == {}


@pytest.mark.parametrize("urls", [[], "http://127.0.0.1:1"])
def test_peer_urls_are_a_list(client: Client, urls: list[str]) -> None:
    with pytest.raises(ValueError, match="list"):
        client.add_member(urls)


def test_refused_changes_of_members(client: Client) -> None:
    with pytest.raises(ApiError, match="No such member: abc") as missing:
        client.remove_member("abc")
    assert missing.value.status == 404
    with pytest.raises(ApiError, match="scheme") as refused:
        client.add_member(["foo"])
    assert refused.value.status == 400
    with pytest.raises(ApiError, match="No such member"):
        client.update_member("1", ["http://127.0.0.1:1"])


def test_roles(client: Client) -> None:
    assert client.add_role("r", read=["/a/*"]) == Role("r", read=("/a/*",))
    assert client.grant_permissions("r", write=["/b"]) == Role("r", ("/a/*",), ("/b",))
    assert client.revoke_permissions("r", read=["/a/*"]) == client.role("r")
    assert {role.name for role in client.roles()} >= {"r", "root"}
    client.remove_role("r")
    with pytest.raises(ApiError, match="Role r does not exist"):
        client.role("r")


def test_users(client: Client) -> None:
    client.add_role("r")
    assert client.add_user("u", "p") == User("u")
    assert client.grant_roles("u", ["r"]) == User("u", ("r",)) == client.user("u")
    assert client.revoke_roles("u", ["r"]) == User("u")
    assert client.change_password("u", "q") == User("u")
    with pytest.raises(ApiError, match="User u already exists"):
        client.add_user("u", "p", roles=["r"])
    assert User("u") in client.users()
    client.remove_user("u")
    client.remove_role("r")
    assert User("u") not in client.users()


def test_passwords_and_rights(client: Client, manner: Manner, server: Server) -> None:
    url = server.endpoint.client_url
    client.add_user("root", "secret")
    client.add_role("r", read=["/*"], write=["/mine/*"])
    client.add_user("u", "p:w", roles=["r"])
    client.enable_auth()
    assert client.auth_enabled()
    with pytest.raises(ApiError, match="Insufficient credentials"):
        client.disable_auth()
    with opened(manner, url, username="u", password="p:w") as user:
        user.set("mine/a", "1")
        with pytest.raises(Unauthorized):
            user.set("other", "1")
    with opened(manner, url, username="u", password="wrong") as stranger:
        with pytest.raises(Unauthorized):
            next(stranger.watch("mine/a"))
        with pytest.raises(Unauthorized):
            stranger.lock("mine/l", ttl=5).acquire()
    with opened(manner, url, username="root", password="secret") as root:
        root.remove_user("u")
        root.remove_role("r")
        root.disable_auth()
        root.remove_user("root")
        root.remove_role("guest")
