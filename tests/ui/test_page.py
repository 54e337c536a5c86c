"""The page in a real browser, on three real members."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, urlencode

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.harness.cluster import Cluster, running_cluster
from tests.harness.processes import Server
from tests.harness.wire import FORM
from tests.ui.browser import PATIENCE_MS, opened, running_browser

WRITERS = 32

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For this module alone: while it is there no test may have an event loop of its own."""
    with running_browser() as running:
        yield running


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running_cluster("vard", 3) as running:
        yield running


@pytest.fixture
def page(cluster: Cluster, browser: Browser) -> Iterator[Page]:
    """The page of a follower, which shows the others by their own word."""
    with opened(browser, cluster.followers()[0].endpoint.client_url) as page:
        yield page


def put(server: Server, key: str, value: str, query: str = "") -> None:
    with server.connect() as connection:
        body = urlencode({"value": value}).encode()
        target = f"/v2/keys{quote(key)}?{query}"
        answer = connection.request("PUT", target, {"Content-Type": FORM}, body)
    assert answer.status in (200, 201), answer.body


def fill(server: Server, count: int) -> None:
    """Put `count` keys into /many, on many connections, so that writes share a turn."""

    def some(first: int) -> None:
        with server.connect() as connection:
            for number in range(first, count, WRITERS):
                target = f"/v2/keys/many/key{number:04d}"
                connection.request("PUT", target, {"Content-Type": FORM}, b"value=1")

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(some, range(WRITERS)))


def value(server: Server, key: str) -> str | None:
    with server.connect() as connection:
        answer = connection.request("GET", f"/v2/keys{quote(key)}?quorum=true")
    node = json.loads(answer.body).get("node")
    return node["value"] if node else None


def row(page: Page, name: str) -> Locator:
    """The member's row of the table."""
    return page.locator(".members tbody tr").filter(has=page.get_by_text(name, exact=True))


def node(page: Page, name: str) -> Locator:
    """The tree's row of a key."""
    exactly = re.compile(f"^{re.escape(name)}$")
    return page.get_by_role("treeitem").filter(has=page.locator(".name", has_text=exactly))


def open_key(page: Page, key: str) -> Locator:
    """Go to a key; its value's field."""
    page.keyboard.press("/")
    page.keyboard.type(key)
    page.keyboard.press("Enter")
    expect(page.locator("h2.path")).to_have_text(key)
    return page.get_by_label("Value", exact=True)


def open_events(page: Page) -> None:
    """Go to the events; from now on all are shown."""
    page.keyboard.press("3")
    expect(page.get_by_role("status").filter(has_text=re.compile(r"^\d+ events?$"))).to_be_visible()


def test_it_shows_the_members_and_who_leads(cluster: Cluster, page: Page) -> None:
    leader = cluster.leader().endpoint
    expect(page.locator("#state")).to_have_text("healthy")
    expect(row(page, leader.name).locator(".state")).to_have_text("Leader")
    for server in cluster.followers():
        expect(row(page, server.endpoint.name).locator(".state")).to_have_text("Follower")
        expect(row(page, server.endpoint.name)).to_contain_text(re.compile(r"\d+ ms"))
    expect(page.locator(".log li").first).to_contain_text(f"{leader.name} leads term")


def test_charts_follow_what_is_asked(cluster: Cluster, page: Page) -> None:
    chart = page.get_by_role("img", name=re.compile("Requests a second"))
    expect(chart).to_have_attribute("aria-label", re.compile(r"PUT \d"))
    for number in range(50):
        put(cluster.servers[0], "/load", str(number))
    expect(chart).to_have_attribute("aria-label", re.compile(r"PUT [1-9]"))
    request_time = page.get_by_role("img", name=re.compile("Request time"))
    expect(request_time).to_have_attribute("aria-label", re.compile(r"n1 p99 \d+\.\d+ ms"))


def test_the_leader_moves_when_asked_to(cluster: Cluster, page: Page) -> None:
    to = cluster.followers()[0].endpoint.name
    page.get_by_role("button", name=f"Make {to} the leader").click()
    page.get_by_role("button", name="Move leader").click()
    expect(row(page, to).locator(".state")).to_have_text("Leader")
    assert cluster.leader().endpoint.name == to


def test_removing_a_member_asks_first_and_says_what_it_means(cluster: Cluster, page: Page) -> None:
    expect(page.locator("#state")).to_have_text("healthy")
    page.get_by_role("button", name="Remove n2").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Of 2 members 2 have to be up. 2 are, so no more")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    expect(row(page, "n2").locator(".state")).not_to_have_text("no answer")


def test_with_auth_on_the_leader_moves_for_root_only(cluster: Cluster, page: Page) -> None:
    def administrate(method: str, path: str, body: object = None) -> None:
        sent = {"Authorization": "Basic cm9vdDpzZWNyZXQ="}
        with cluster.leader().connect() as connection:
            data = None if body is None else json.dumps(body).encode()
            assert connection.request(method, f"/v2/auth/{path}", sent, data).status < 300

    administrate("PUT", "users/root", {"user": "root", "password": "secret"})
    administrate("PUT", "enable")
    try:
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        to = cluster.followers()[0].endpoint.name
        page.get_by_role("button", name=f"Make {to} the leader").click()
        page.get_by_role("button", name="Move leader").click()
        page.get_by_label("Password").fill("secret")
        page.get_by_role("dialog").get_by_role("button", name="Sign in").click()
        expect(row(page, to).locator(".state")).to_have_text("Leader")
    finally:
        administrate("DELETE", "enable")


def test_a_conflict_is_shown_and_nothing_is_lost(cluster: Cluster, page: Page) -> None:
    server = cluster.servers[0]
    put(server, "/conflict", "first")
    field = open_key(page, "/conflict")
    expect(field).to_have_value("first")
    field.fill("mine")
    put(server, "/conflict", "theirs")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".conflict")).to_contain_text("theirs")
    expect(field).to_have_value("mine")
    assert value(server, "/conflict") == "theirs"
    page.get_by_role("button", name="Save mine over it").click()
    expect(page.locator(".message")).to_contain_text("Saved")
    assert value(server, "/conflict") == "mine"


def test_an_edit_of_a_deleted_key_is_kept(cluster: Cluster, page: Page) -> None:
    server = cluster.servers[0]
    put(server, "/fleeting", "1")
    field = open_key(page, "/fleeting")
    field.fill("2")
    with server.connect() as connection:
        connection.request("DELETE", "/v2/keys/fleeting")
    expect(page.locator(".conflict")).to_contain_text("was deleted")
    expect(field).to_have_value("2")
    page.get_by_role("button", name="Create it again").click()
    expect(page.locator(".message")).to_contain_text("Saved")
    assert value(server, "/fleeting") == "2"


def test_changes_of_others_appear_at_once(cluster: Cluster, page: Page) -> None:
    server = cluster.servers[1]
    put(server, "/live/a", "before")
    field = open_key(page, "/live/a")
    expect(field).to_have_value("before")
    put(server, "/live/a", "after")
    put(server, "/live/b", "new")
    expect(field).to_have_value("after")
    expect(node(page, "b")).to_contain_text("new")
    with server.connect() as connection:
        connection.request("DELETE", "/v2/keys/live/b")
    expect(node(page, "b")).to_have_count(0)


def test_a_ttl_counts_down_to_the_end(cluster: Cluster, page: Page) -> None:
    put(cluster.servers[0], "/short", "x", "ttl=3")
    open_key(page, "/short")
    timer = page.get_by_role("timer")
    expect(timer).to_contain_text("2 s left")
    expect(timer).to_contain_text("1 s left")
    expect(page.locator(".conflict")).to_contain_text("expired")
    expect(node(page, "short")).to_have_count(0)


def test_saving_keeps_the_ttl(cluster: Cluster, page: Page) -> None:
    put(cluster.servers[0], "/leased", "x", "ttl=600")
    open_key(page, "/leased").fill("y")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".message")).to_contain_text("Saved")
    with cluster.servers[0].connect() as connection:
        saved = json.loads(connection.request("GET", "/v2/keys/leased?quorum=true").body)["node"]
    assert saved["value"] == "y"
    assert 500 < saved["ttl"] <= 600


def test_keys_are_made_and_deleted(cluster: Cluster, page: Page) -> None:
    server = cluster.servers[0]
    page.keyboard.press("n")
    page.get_by_label("Key", exact=True).fill("/made/by hand?&#")
    page.get_by_role("dialog").get_by_label("Value").fill("two\nlines")
    page.get_by_role("button", name="Create").click()
    expect(page.locator("h2.path")).to_have_text("/made/by hand?&#")
    assert value(server, "/made/by hand?&#") == "two\nlines"
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator("h2.path")).to_have_text("/made")
    expect(node(page, "by hand?&#")).to_have_count(0)
    assert value(server, "/made/by hand?&#") is None


def test_a_new_key_overwrites_nothing(cluster: Cluster, page: Page) -> None:
    put(cluster.servers[0], "/there", "x")
    page.keyboard.press("n")
    page.get_by_label("Key", exact=True).fill("/there")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("exists already")
    assert value(cluster.servers[0], "/there") == "x"


def test_a_key_is_edited_with_the_keyboard_alone(cluster: Cluster, page: Page) -> None:
    put(cluster.servers[0], "/_alone", "")  # hidden: no row between those that are counted on
    put(cluster.servers[0], "/00/key", "old")
    page.keyboard.press("2")
    expect(node(page, "00")).to_be_visible()
    page.get_by_role("tree").press("Home")
    for key in ("ArrowRight", "ArrowDown", "Enter"):
        page.keyboard.press(key)
        expect(node(page, "key")).to_be_visible()
    field = page.get_by_label("Value", exact=True)
    expect(field).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("new")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".message")).to_contain_text("Saved")
    assert value(cluster.servers[0], "/00/key") == "new"


def test_the_keyboard_shortcuts_are_listed(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Save the value")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("3")
    expect(page.get_by_role("tab", name="Events")).to_have_attribute("aria-selected", "true")


def test_markup_in_keys_and_values_stays_text(cluster: Cluster, page: Page) -> None:
    attack = "<img src=x onerror=window.hacked=1><script>window.hacked=1</script>"
    open_events(page)
    put(cluster.servers[0], f"/xss/{attack.replace('/', '')}", attack)
    put(cluster.servers[0], "/xss/later", attack)
    expect(page.locator(".events")).to_contain_text(attack)
    page.keyboard.press("2")
    page.get_by_label("Search keys").fill("/xss")
    page.keyboard.press("Enter")
    expect(page.get_by_role("treeitem").filter(has_text="onerror").first).to_be_visible()
    expect(open_key(page, "/xss/later")).to_have_value(attack)
    assert page.evaluate("window.hacked") is None
    assert page.locator("img[onerror], main script").count() == 0


def test_a_directory_of_thousands_stays_usable(cluster: Cluster, page: Page) -> None:
    fill(cluster.leader(), 3000)
    page.keyboard.press("2")
    node(page, "many").click()
    expect(node(page, "key0000")).to_be_visible()
    tree = page.get_by_role("tree")
    while not node(page, "key2999").count():
        tree.press("End")
    assert page.get_by_role("treeitem").count() < 100
    page.keyboard.press("/")
    page.keyboard.type("key17")
    expect(node(page, "/many/key1799")).to_have_count(0)
    expect(page.get_by_role("status").filter(has_text="100 found")).to_be_visible()
    expect(node(page, "/many/key1700")).to_be_visible()


def test_what_happens_while_a_directory_is_read_is_neither_lost_nor_misplaced(page: Page) -> None:
    keys = page.evaluate("""async () => {
        const { Tree } = await import("/ui/tree.js");
        const event = (action, key, modifiedIndex) =>
            ({ action, node: { key, value: "", modifiedIndex } });
        let answer;
        const tree = new Tree(() => new Promise((resolve) => { answer = resolve; }));
        const loaded = tree.load("/");
        tree.apply(event("set", "/z", 11));
        tree.apply(event("delete", "/b", 12));
        const nodes = ["/a", "/b", "/c"].map((key) => ({ key, value: "", modifiedIndex: 5 }));
        answer({ ok: true, value: { index: 10, count: 3, more: false, node: null, nodes } });
        await loaded;
        tree.apply(event("set", "/aa", 13));
        return tree.rows().map((row) => row.key);
    }""")
    assert keys == ["/a", "/aa", "/c", "/z"]


def test_events_can_be_filtered_and_held(cluster: Cluster, page: Page) -> None:
    page.keyboard.press("3")
    events = page.locator(".events tbody tr")
    expect(page.get_by_role("status").filter(has_text="0 events")).to_be_visible()
    put(cluster.servers[0], "/stream/a", "1")
    put(cluster.servers[0], "/other", "1")
    expect(page.get_by_role("status").filter(has_text="2 events")).to_be_visible()
    page.get_by_label("Filter events").fill("stream")
    expect(events).to_have_count(1)
    page.get_by_role("button", name="Pause").click()
    put(cluster.servers[0], "/stream/b", "1")
    expect(page.get_by_role("status").filter(has_text="paused, 1 new")).to_be_visible()
    expect(events).to_have_count(1)
    page.keyboard.press("p")
    expect(events).to_have_count(2)


def test_a_phone_needs_no_sideways_scrolling(cluster: Cluster, browser: Browser) -> None:
    long = "/" + "a-rather-long-name-without-spaces" * 4
    put(cluster.servers[0], long, "y" * 400)
    size = {"width": 360, "height": 740}
    url = cluster.servers[0].endpoint.client_url
    with opened(browser, url, viewport=size, has_touch=True, is_mobile=True) as page:
        expect(page.locator("#state")).to_have_text("healthy")
        open_key(page, long)
        put(cluster.servers[0], long, "z" * 400)
        for view in ("Cluster", "Keys", "Events"):
            page.get_by_role("tab", name=view).click()
            expect(page.locator(f"#view-{view.lower()}")).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, view


@pytest.mark.parametrize(("scheme", "dark"), [("light", False), ("dark", True)])
def test_colours_follow_the_system_and_the_switch(
    cluster: Cluster, browser: Browser, scheme: str, dark: bool
) -> None:
    brightness = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)[0]"
    with opened(browser, cluster.servers[0].endpoint.client_url, color_scheme=scheme) as page:
        assert (page.evaluate(brightness) < 128) is dark
        switch = page.get_by_role("button", name=re.compile("Colours"))
        switch.click()
        assert page.evaluate(brightness) > 128
        switch.click()
        assert page.evaluate(brightness) < 128


def test_it_goes_on_when_the_leader_that_served_it_is_killed(
    cluster: Cluster, browser: Browser
) -> None:
    leader = cluster.leader()
    put(leader, "/survivor", "before")
    with opened(browser, leader.endpoint.client_url) as page:
        expect(page.locator("#state")).to_have_text("healthy")
        field = open_key(page, "/survivor")
        field.fill("after")
        leader.kill()
        new = cluster.leader().endpoint.name
        expect(page.locator("#state")).to_have_text("2 of 3 answer")
        expect(page.locator(".notice.warn")).to_contain_text("which served this page")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator(".message")).to_contain_text("Saved")
        put(cluster.leader(), "/after/it", "x")
        expect(node(page, "after")).to_be_visible()
        page.get_by_role("tab", name="Cluster").click()
        expect(row(page, new).locator(".state")).to_have_text("Leader")
        expect(row(page, leader.endpoint.name).locator(".state")).to_contain_text("no answer")
        expect(page.locator(".log li").first).to_contain_text(f"{new} leads term")
        leader.restart()
        expect(page.locator("#state")).to_have_text("healthy")
        expect(page.locator(".notice.warn")).to_have_count(0)
    assert value(leader, "/survivor") == "after"


def test_it_goes_on_when_a_member_hangs(cluster: Cluster, browser: Browser) -> None:
    served, *others = cluster.servers
    with opened(browser, served.endpoint.client_url) as page:
        expect(page.locator("#state")).to_have_text("healthy")
        served.pause()
        try:
            expect(page.locator("#state")).to_have_text("2 of 3 answer")
            put(others[0], "/hang", "x")
            page.get_by_role("tab", name="Events").click()
            expect(page.locator(".events")).to_contain_text("/hang")
        finally:
            served.resume()
        expect(page.locator("#state")).to_have_text("healthy")


def test_without_a_quorum_it_says_so(cluster: Cluster, browser: Browser) -> None:
    first, *others = cluster.servers
    with opened(browser, first.endpoint.client_url) as page:
        expect(page.locator("#state")).to_have_text("healthy")
        for server in others:
            server.kill()
        expect(page.locator("#state")).to_have_text("no quorum")
        for server in others:
            server.spawn()
        expect(page.locator("#state")).to_have_text("healthy")
