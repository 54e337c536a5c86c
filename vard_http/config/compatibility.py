"""Settings of etcd that can have no effect here, and the flags around the configuration itself.

Each is accepted, checked where etcd checks it, and gives one warning when it is given.
"""

from typing import Any

from vard_http.config.kinds import (
    BOOL,
    DURATION,
    SIGNED,
    TEXT,
    UNSIGNED,
    UNSIGNED32,
    WORDS,
    Kind,
    choice,
)
from vard_http.config.setting import Group, Setting
from vard_http.govalues import parse_duration, parse_unsigned

_V3 = "it concerns etcd's v3 API, and this server has v2 only"
_GO = "it concerns etcd's Go runtime"
_SQLITE = "log and snapshots are in one SQLite file"


def _parse_retention(text: str) -> str:
    try:
        parse_unsigned(text)
    except ValueError:
        _check_retention_duration(text)
    return text


def _check_retention_duration(text: str) -> None:
    try:
        parse_duration(text)
    except ValueError:
        raise ValueError(
            f'error parsing CompactionRetention: time: invalid duration "{text}"'
        ) from None


def _parse_auth_token(text: str) -> str:
    token, *options = text.split(",")
    names = [option.partition("=")[0] for option in options]
    pairs = all(option.count("=") == 1 for option in options)
    unsigned = token == "jwt" and "sign-method" not in names
    if token not in ("", "simple", "jwt") or not pairs or len(set(names)) != len(names) or unsigned:
        raise ValueError("auth: invalid auth options")
    return text


_RETENTION = Kind(_parse_retention, 'a whole number or a duration such as "5m"')
_AUTH_TOKEN = Kind(
    _parse_auth_token, '"simple" or "jwt,sign-method=METHOD" with further name=value options'
)
_COMPACTION_MODE = choice("periodic", "revision", "", otherwise='unknown auto-compaction-mode "{}"')


def _inert(
    group: Group,
    reason: str,
    *rows: tuple[str, Kind[Any], str],
    late: bool = False,
) -> tuple[Setting, ...]:
    return tuple(
        Setting(name, group, kind, default, f"No effect: {reason}.", no_effect=reason, late=late)
        for name, kind, default in rows
    )


INERT = (
    *_inert(Group.MEMBER, _SQLITE, ("wal-dir", TEXT, "")),
    *_inert(Group.MEMBER, _SQLITE, ("max-snapshots", UNSIGNED, "5"), ("max-wals", UNSIGNED, "5")),
    *_inert(
        Group.MEMBER,
        _V3,
        ("backend-batch-interval", DURATION, "0"),
        ("backend-batch-limit", SIGNED, "0"),
        ("max-txn-ops", UNSIGNED, "128"),
        ("max-concurrent-streams", UNSIGNED32, "4294967295"),
        ("grpc-keepalive-min-time", DURATION, "5s"),
        ("grpc-keepalive-interval", DURATION, "2h"),
        ("grpc-keepalive-timeout", DURATION, "20s"),
        ("enable-grpc-gateway", BOOL, "true"),
    ),
    *_inert(Group.CLUSTERING, _V3, ("auto-compaction-retention", _RETENTION, "0"), late=True),
    *_inert(
        Group.CLUSTERING, _V3, ("auto-compaction-mode", _COMPACTION_MODE, "periodic"), late=True
    ),
    *_inert(Group.AUTH, _V3, ("auth-token", _AUTH_TOKEN, "simple"), late=True),
    *_inert(Group.AUTH, _V3, ("bcrypt-cost", UNSIGNED, "10"), ("auth-token-ttl", UNSIGNED, "300")),
    *_inert(Group.MONITORING, _GO, ("enable-pprof", BOOL, "false")),
    *_inert(Group.MONITORING, "it adds metrics of gRPC", ("metrics", TEXT, "basic")),
    *_inert(
        Group.EXPERIMENTAL,
        _V3,
        ("experimental-initial-corrupt-check", BOOL, "false"),
        ("experimental-corrupt-check-time", DURATION, "0s"),
        ("experimental-enable-v2v3", TEXT, ""),
        ("experimental-backend-bbolt-freelist-type", TEXT, "array"),
        ("experimental-enable-lease-checkpoint", BOOL, "false"),
        ("experimental-enable-lease-checkpoint-persist", BOOL, "false"),
        ("experimental-compaction-batch-limit", SIGNED, "1000"),
        ("experimental-watch-progress-notify-interval", DURATION, "10m"),
        ("experimental-warning-apply-duration", DURATION, "100ms"),
    ),
    *_inert(
        Group.UNSAFE,
        "every write is on disk before it is acknowledged",
        ("unsafe-no-fsync", BOOL, "false"),
    ),
    *_inert(Group.DEPRECATED, "use --log-outputs", ("log-output", WORDS, "default")),
    *_inert(Group.DEPRECATED, "it names packages of etcd", ("log-package-levels", TEXT, "")),
)
"""Settings that are known and checked but cannot do anything here."""

NO_LONGER_SUPPORTED = frozenset(
    {
        "cluster-active-size",
        "cluster-remove-delay",
        "cluster-sync-interval",
        "config",
        "force",
        "max-result-buffer",
        "max-retry-attempts",
        "peer-heartbeat-interval",
        "peer-election-timeout",
        "retry-interval",
        "snapshot",
        "test.coverprofile",
        "test.outputdir",
        "v",
        "vv",
    }
)
"""Flags that etcd 3.4 itself only warns about (contract 16.1)."""

SUCCESSORS = {
    "addr": "advertise-client-urls",
    "bind-addr": "listen-client-urls",
    "ca-file": "trusted-ca-file",
    "cluster": "initial-cluster",
    "peer-addr": "initial-advertise-peer-urls",
    "peer-bind-addr": "listen-peer-urls",
    "peer-ca-file": "peer-trusted-ca-file",
    "peers": "initial-cluster",
}
"""Flags that etcd refuses since version 3, and what to use instead."""
