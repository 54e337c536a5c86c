"""Whether a role allows what a request wants to do with a key (contract 14.5)."""

from __future__ import annotations

from vard_http.auth.model import ROOT, Role


def allows(role: Role, key: bytes, *, write: bool, recursive: bool) -> bool:
    """Whether `role` lets a request read or write `key`, with `recursive` all below it too.

    `key` is the decoded path behind /v2/keys as it came, with a slash at its end or without.
    """
    if role.name == ROOT:
        return True
    for pattern in (role.permissions.write if write else role.permissions.read) or ():
        if pattern.endswith(b"*"):
            if key.startswith(pattern[:-1]):
                return True
        elif pattern == key and pattern and not recursive:
            # An empty pattern, on which etcd breaks, matches nothing.
            return True
    return False
