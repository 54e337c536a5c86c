"""A proxy as a process: sockets, endpoints, and an orderly end."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import aiohttp
import structlog

from vard_http.api import bind, protocol_factory, serve
from vard_http.api.render import Cors
from vard_http.config import Config
from vard_http.discovery import peer_urls_of
from vard_http.notify import keep_watchdog, notify
from vard_http.proxy.app import ProxyApp
from vard_http.proxy.cluster_file import read_peer_urls
from vard_http.proxy.director import Director
from vard_http.proxy.forwarding import Forwarder
from vard_http.proxy.metrics import ProxyMetrics
from vard_http.proxy.peers import Peers
from vard_http.signals import stop_signal, unless_stopped
from vard_http.tls import Security, client_settings, peer_settings

log = structlog.get_logger("proxy")

DIRECTORY: Final = "proxy"
IDLE_SECONDS: Final = 90.0
"""For how long unused connections to endpoints stay open, as in Go."""


def is_proxy_directory(data_dir: Path) -> bool:
    """Whether a proxy has been run there before."""
    return (data_dir / DIRECTORY).exists()


async def run_proxy(config: Config) -> signal.Signals:
    """Serve until a signal comes, which is returned.

    Raises OSError if an address or the directory cannot be used, TlsError, DiscoveryError and
    Stopped.
    """
    log.info("this proxy supports v2 API only!", notice=True)
    for_clients = Security(client_settings(config))
    among_peers = Security(peer_settings(config))
    own = for_clients.settings
    to_members = for_clients if own.cert_file or own.trusted_ca_file else among_peers
    listening = bind(config.listen_client_urls)
    path = _directory(config) / "cluster"
    peer_urls = await _peer_urls(config, path)
    director = Director(config.proxy_failure_wait / 1000, time.monotonic, random.Random())
    metrics, cors = ProxyMetrics(), Cors(config.cors)
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(_session())
        peers = Peers(
            peer_urls, path, director, session, among_peers, config.proxy_refresh_interval / 1000
        )
        await unless_stopped(peers.refresh())
        following = asyncio.ensure_future(peers.follow())
        stack.callback(following.cancel)
        forwarder = Forwarder(
            director,
            session,
            to_members,
            metrics,
            cors,
            dial_timeout=config.proxy_dial_timeout / 1000,
            write_timeout=config.proxy_write_timeout / 1000,
            read_timeout=config.proxy_read_timeout / 1000,
        )
        readonly = config.proxy == "readonly"
        app = ProxyApp(forwarder, director, metrics, cors, readonly=readonly)
        protocols = await protocol_factory(app.application())
        stack.push_async_callback(protocols.close)
        for server in await serve(listening, protocols.make, for_clients):
            stack.callback(server.close)
        for url in config.listen_client_urls:
            log.info(f"v2 proxy started listening on client requests on {url}")
        stop = stop_signal()
        stack.callback(asyncio.ensure_future(keep_watchdog()).cancel)
        notify("READY=1\nSTATUS=forwarding to members")
        await asyncio.wait((stop, following), return_when=asyncio.FIRST_COMPLETED)
        notify("STOPPING=1")
        if not stop.done():
            following.result()
        return stop.result()


def _session() -> aiohttp.ClientSession:
    """Responses come as they are: no cookies are kept, nothing is decoded, no number is too big."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        max_line_size=1 << 20,
        max_field_size=1 << 20,
    )


def _directory(config: Config) -> Path:
    """The proxy's own directory, which is made. Raises OSError."""
    directory = Path(config.data_dir, DIRECTORY)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return directory


async def _peer_urls(config: Config, path: Path) -> list[str]:
    """Those that were kept, or else those of the configuration."""
    kept = read_peer_urls(path)
    if kept is None:
        found = await unless_stopped(peer_urls_of(config))
        log.info(f"using peer urls {found}")
        return found
    if config.discovery or config.discovery_srv:
        log.warning(f"discovery ignored: a valid cluster file was found at {path}")
    log.info(f"using peer urls {list(kept)} from cluster file {path}")
    return list(kept)
