"""One member as a process: sockets, node, API, and an orderly end."""

from __future__ import annotations

import asyncio
import gc
import resource
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import structlog

from vard_http.api import (
    Bound,
    Frontend,
    Limits,
    Listener,
    Monitoring,
    Service,
    bind,
    make_peer_app,
    protocol_factory,
    serve,
)
from vard_http.config import Config
from vard_http.config.model import MAX_FORM_BYTES
from vard_http.config.urls import address_of, scheme_of
from vard_http.discovery import discovered
from vard_http.node import Node, StartError, start_node
from vard_http.notify import keep_watchdog, notify
from vard_http.signals import stop_signal, unless_stopped
from vard_http.storage import exists
from vard_http.tls import Security, Settings, client_settings, peer_settings
from vard_http.transport import PeerListener, Refusals
from vard_http.ui import PREFIX, Page
from vard_http.vardwire import VardClients

log = structlog.get_logger("server")

RESERVED_FILES: Final = 150
"""Open files that are kept for the node itself, as in etcd."""

VARD_SHARE: Final = 4
"""Of so many connections that are possible one is kept for vard's clients, if they are served."""


async def run(config: Config) -> signal.Signals | None:
    """Serve until a signal comes, which is returned, or until the member was removed.

    Raises OSError if an address cannot be used, TlsError, StartError, StorageError,
    DiscoveryError, Stopped, and StorageFailed when the disk fails at work.
    """
    connections = _allow_many_connections()
    for_vard = connections // VARD_SHARE if config.listen_vard_urls else 0
    connections -= for_vard
    among_peers = Security(peer_settings(config))
    for_clients = Security(_listening_settings(config))
    peer_side = bind(config.listen_peer_urls)
    client_side = bind(config.listen_client_urls)
    metrics_side = bind(config.listen_metrics_urls)
    vard_side = bind(config.listen_vard_urls)
    try:
        config = await _with_members(config)
    except BaseException:
        for bound in (*peer_side, *client_side, *metrics_side, *vard_side):
            bound.socket.close()
        raise
    node = start_node(config, among_peers.client_context)
    _keep_what_is_loaded()
    stop = stop_signal()
    servers = await _serve_peers(node, peer_side, among_peers)
    node.start()
    service = Service(
        node,
        cors=config.cors,
        host_whitelist=config.host_whitelist,
        v2=config.enable_v2,
        client_cert_auth=for_clients.settings.client_cert_auth,
        limits=Limits(
            form_bytes=min(config.max_request_bytes, MAX_FORM_BYTES),
            connections=min(config.max_connections or connections, connections),
            watchers=config.max_watchers,
        ),
    )
    if config.enable_ui:
        service.mount(PREFIX, Page(service.hosts).answer)
    monitoring = await Monitoring.start(service, metrics_side, for_clients)
    for url in config.listen_metrics_urls:
        log.info(f"listening for metrics on {url}")
    frontend: Frontend | None = None
    vard_clients = VardClients(node, for_vard)
    watchdog = asyncio.ensure_future(keep_watchdog())
    try:
        notify("STATUS=waiting for a quorum of the members")
        await _any(node.published, node.finished, stop)
        if node.published.done():
            frontend = await Frontend.start(service, client_side, for_clients)
            servers += await serve(vard_side, vard_clients.make_session, for_clients)
            log.info("ready to serve client requests")
            for url in config.listen_client_urls:
                log.info(_serving(url), notice=scheme_of(url) in ("http", "unix"))
            for url in config.listen_vard_urls:
                log.info(f"serving vard's clients on {address_of(url)}")
            notify("READY=1\nSTATUS=serving clients")
            await _any(node.finished, stop)
        if node.finished.done():
            node.finished.result()
            return None
        received = stop.result()
        log.info("stopping", signal=received.name)
        return received
    finally:
        notify("STOPPING=1\nSTATUS=stopping")
        watchdog.cancel()
        await monitoring.close()
        vard_clients.close()
        if frontend is not None:
            await frontend.close()
        await node.stop()
        for server in servers:
            server.close()


def _listening_settings(config: Config) -> Settings:
    """TLS for clients; if all listeners are plain its files are ignored, missing ones too."""
    urls = (*config.listen_client_urls, *config.listen_metrics_urls, *config.listen_vard_urls)
    secure = any(scheme_of(url) in ("https", "unixs", "tls") for url in urls)
    return client_settings(config) if secure else Settings()


async def _with_members(config: Config) -> Config:
    """`config` with its cluster; one that is to be discovered only while there is no data."""
    if not exists(Path(config.data_dir)):
        return await unless_stopped(discovered(config))
    if config.discovery:
        log.warning("discovery token ignored: there is data of this member already")
    return config


def _keep_what_is_loaded() -> None:
    """Have the garbage collector pass over what is there by now, modules above all.

    Nothing of it becomes garbage, but looking through it takes 40 ms, in which nobody is answered,
    and under load that is due every second.
    """
    gc.collect()
    gc.freeze()


def _allow_many_connections() -> int:
    """Raise the limit of open files as far as it goes, as Go programs do.

    Returns how many connections of clients that allows. Raises StartError if it is none.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard <= RESERVED_FILES:
        raise StartError(
            f"file descriptor limit[{hard}] is too low, and should be set higher than"
            f" {RESERVED_FILES} to ensure internal usage"
        )
    return hard - RESERVED_FILES


def _serving(url: str) -> str:
    if scheme_of(url) in ("https", "unixs"):
        return f"serving client requests on {address_of(url)}"
    return f"serving insecure client requests on {address_of(url)}, this is strongly discouraged!"


async def _serve_peers(
    node: Node, listening: Sequence[Bound], security: Security
) -> list[Listener]:
    fallback = await protocol_factory(make_peer_app(node))
    refusals = Refusals()
    return await serve(
        listening,
        lambda: PeerListener(
            node.receive, node.welcome, fallback.make, refusals, node.count_received
        ),
        security,
    )


async def _any(*futures: asyncio.Future[Any]) -> None:
    """Wait until one of them has ended; cancels none."""
    await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)
