"""python -m tests.ui.screenshots: docs/images/ui-*.png from three members at work.

For two minutes clients read and write, a leader is killed and comes back, so that charts and
elections have something to show. Nothing is drawn by hand.
"""

from __future__ import annotations

import contextlib
import io
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from PIL import Image
from playwright.sync_api import Browser, Page

from tests.harness.cluster import Cluster, running_cluster
from tests.harness.processes import Server, ServerDied
from tests.harness.wire import FORM, Connection, ConnectionEnded, Deadline
from tests.ui.browser import opened, running_browser

IMAGES: Final = Path(__file__).parents[2] / "docs" / "images"
SECONDS: Final = 125
DESKTOP: Final = {"width": 1200, "height": 900}
PHONE: Final = {"width": 390, "height": 844}

SETTINGS: Final = {
    "/config/billing/currency": "EUR",
    "/config/billing/retries": "5",
    "/config/search/replicas": "3",
    "/config/search/feature.json": (
        '{\n  "ranking": "bm25",\n  "fuzzy": true,\n  "boost": { "title": 2.5, "body": 1 }\n}'
    ),
    "/config/web/banner": "Maintenance on Sunday, 02:00 to 03:00 UTC",
    "/config/web/theme": "calm",
    "/flags/new-checkout": "on",
    "/flags/dark-mode": "20%",
}
SERVICES: Final = ("billing", "search", "web", "mail")


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with running_cluster("vard", 3) as cluster, running_browser() as browser, busy(cluster):
        served = cluster.followers()[0]
        with opened(browser, served.endpoint.client_url, viewport=DESKTOP) as page:
            watch(cluster, page, served)
            picture(page, "ui-cluster-light", full=True)
            page.emulate_media(color_scheme="dark")
            picture(page, "ui-cluster-dark", full=True)
            phone(browser, served)
            page.emulate_media(color_scheme="light")
            browse(page)
            picture(page, "ui-keys")
            page.emulate_media(color_scheme="dark")
            page.keyboard.press("Escape")
            page.keyboard.press("3")
            time.sleep(1)
            picture(page, "ui-events-dark")
    for image in sorted(IMAGES.glob("ui-*.png")):
        print(f"{image.name}: {image.stat().st_size // 1024} KiB")


def watch(cluster: Cluster, page: Page, served: Server) -> None:
    """Let time go by, and a leader die and come back."""
    begun = time.monotonic()
    page.wait_for_timeout(50_000)
    leader = cluster.leader()
    if leader is not served:
        leader.kill()
        page.wait_for_timeout(9_000)
        leader.start()
    page.wait_for_timeout(max(0.0, SECONDS - (time.monotonic() - begun)) * 1000)


def browse(page: Page) -> None:
    """Open some directories, and a key in them that is being edited."""
    page.keyboard.press("2")
    for key in ("/services/search", "/services", "/config/search/feature.json"):
        page.keyboard.press("/")
        page.keyboard.type(key)
        page.keyboard.press("Enter")
        page.locator("h2.path", has_text=key).wait_for()
    page.get_by_label("Value", exact=True).fill(SETTINGS[key].replace("2.5", "3"))
    time.sleep(1.5)


def phone(browser: Browser, served: Server) -> None:
    url = served.endpoint.client_url
    with opened(browser, url, viewport=PHONE, color_scheme="dark", is_mobile=True) as page:
        page.wait_for_timeout(6_000)
        picture(page, "ui-phone")


def picture(page: Page, name: str, *, full: bool = False) -> None:
    """A screenshot of 256 colours, which is a third of one of millions and looks the same."""
    with Image.open(io.BytesIO(page.screenshot(full_page=full))) as shot:
        shot.convert("RGB").quantize(256).save(IMAGES / f"{name}.png", optimize=True)


@contextlib.contextmanager
def busy(cluster: Cluster) -> Iterator[None]:
    """Clients on every member, until the end of the block."""
    with cluster.leader().connect() as connection:
        for key, value in SETTINGS.items():
            put(connection, key, value)
        put(connection, "/locks/nightly-backup", "worker-7", ttl=3600)
        put(connection, "/locks/schema", "migrate-42", ttl=900)
    stop = threading.Event()
    clients = [
        threading.Thread(target=client, args=(server, stop, seed))
        for seed, server in enumerate(cluster.servers * 2)
    ]
    for each in clients:
        each.start()
    try:
        yield
    finally:
        stop.set()
        for each in clients:
            each.join()


def client(server: Server, stop: threading.Event, seed: int) -> None:
    """A service that reads settings and tells that it is alive; comes back when a member does."""
    chance = random.Random(seed)
    gone = (OSError, ConnectionEnded, Deadline, ServerDied)
    while not stop.wait(0.2):
        with contextlib.suppress(*gone), server.connect() as connection:
            while not stop.wait(chance.uniform(0.005, 0.02)):
                act(connection, chance)


def act(connection: Connection, chance: random.Random) -> None:
    key = chance.choice(list(SETTINGS))
    what = chance.random()
    if what < 0.6:
        connection.request("GET", f"/v2/keys{key}")
    elif what < 0.75:
        connection.request("GET", f"/v2/keys{key}?quorum=true")
    elif what < 0.97:
        host = f"/services/{chance.choice(SERVICES)}/host{chance.randrange(6)}"
        put(connection, host, f"10.0.{chance.randrange(4)}.{chance.randrange(250)}:8080", ttl=60)
    else:
        connection.request("POST", "/v2/keys/queue", {"Content-Type": FORM}, b"value=job&ttl=5")


def put(connection: Connection, key: str, value: str, ttl: int | None = None) -> None:
    form = {"value": value} | ({"ttl": str(ttl)} if ttl else {})
    connection.request("PUT", f"/v2/keys{key}", {"Content-Type": FORM}, urlencode(form).encode())


if __name__ == "__main__":
    main()
