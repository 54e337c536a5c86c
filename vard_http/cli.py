"""The command `vard-http`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import structlog
import uvloop

from vard_http import logs, roles, signals
from vard_http.config import (
    Config,
    ConfigError,
    InformationRequested,
    load,
    missing_features,
)
from vard_http.config.errors import failed_verification
from vard_http.discovery import DiscoveryError
from vard_http.govalues import quote
from vard_http.node import StartError
from vard_http.storage import StorageError, StorageFailed
from vard_http.tls import TlsError
from vard_http.transfer import command

log = structlog.get_logger("main")

_REASONS = (
    *(ConfigError, DiscoveryError, OSError, StartError),
    *(StorageError, StorageFailed, TlsError),
)
"""What ends a start with a line in the log."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a member, or the command that the first argument names; returns the exit status."""
    argv = sys.argv[1:] if argv is None else argv
    if argv and argv[0] in command.COMMANDS:
        return command.main(argv)
    if argv and argv[0] == "dev":
        from vard_http.dev import command as dev  # no member waits for what it imports

        return dev.main(argv)
    try:
        config = load(argv, os.environ)
    except InformationRequested as information:
        print(information.text)
        return 0
    except ConfigError as error:
        print(f"{error}\n{error.usage}".rstrip(), file=sys.stderr)
        return error.exit_code
    try:
        logs.configure(config)
    except OSError as error:
        print(_unopened(error), file=sys.stderr)
        return 1
    for warning in config.warnings:
        log.warning(warning)
    if missing := missing_features(config):
        for line in missing:
            log.critical(line)
        return 1
    return _run(config)


def _run(config: Config) -> int:
    try:
        received = uvloop.run(roles.run(config))
    except signals.Stopped as early:
        received = early.signal
    except _REASONS as error:
        log.critical(str(error))
        return 1
    return signals.die_by(received) if received is not None else 0


def _unopened(error: OSError) -> ConfigError:
    """Why a file of --log-outputs cannot be written, as etcd says it."""
    path, reason = error.filename, (error.strerror or str(error)).lower()
    return failed_verification(f"open sink {quote(path)}: open {path}: {reason}")
