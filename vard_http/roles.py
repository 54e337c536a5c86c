"""What a process becomes: a member of a cluster, or a proxy in front of one (contract 17)."""

from __future__ import annotations

import signal
from pathlib import Path

import structlog

from vard_http import server
from vard_http.config import Config
from vard_http.discovery import ClusterFull
from vard_http.node import StartError
from vard_http.proxy import is_proxy_directory, run_proxy
from vard_http.storage import exists

log = structlog.get_logger("main")


async def run(config: Config) -> signal.Signals | None:
    """Serve as what the data directory was before, else as what the settings ask for.

    Raises what `server.run` and `run_proxy` do, and StartError for a directory that is both.
    """
    data_dir = Path(config.data_dir)
    member, proxy = exists(data_dir), is_proxy_directory(data_dir)
    if member and proxy:
        raise StartError("invalid datadir. Both member and proxy directories exist.")
    if member and config.proxy != "off":
        log.warning("--proxy ignored: the data directory is that of a member")
    if proxy or (config.proxy != "off" and not member):
        return await run_proxy(config)
    try:
        return await server.run(config)
    except ClusterFull:
        if config.discovery_fallback != "proxy":
            raise
    log.info("discovery cluster full, falling back to proxy", notice=True)
    return await run_proxy(config)
