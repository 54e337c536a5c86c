"""Whether a role allows what a request wants to do with a key (contract 14.5)."""

from __future__ import annotations

from vard_http.auth.model import ROOT, Role


def allows(role: Role, key: bytes, *, write: bool, recursive: bool) -> bool:
    """Whether `role` lets a request read or write `key`, with `recursive` all below it too.

    `key` is the decoded path behind /v2/keys as it came, with a slash at its end or without.
    """
    if role.name == ROOT:
        return True
    patterns = role.permissions.write if write else role.permissions.read
    return any(_matches(pattern, key, recursive) for pattern in patterns or ())


def _matches(pattern: bytes, key: bytes, recursive: bool) -> bool:
    """An empty pattern, on which etcd breaks, matches nothing."""
    if pattern.endswith(b"*"):
        return key.startswith(pattern[:-1])
    return not recursive and pattern == key and pattern != b""
