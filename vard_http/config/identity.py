"""Member and cluster ids, equal to etcd's for the same settings (contract 3, last point)."""

import hashlib
from collections.abc import Iterable


def member_id(peer_urls: Iterable[str], token: str) -> int:
    """The 64-bit id of a member with these peer URLs.

    `token` is the cluster's for the members of the initial cluster, and the decimal Unix time in
    seconds for a member added at run time.
    """
    return _first_eight_bytes("".join(sorted(peer_urls)).encode() + token.encode())


def cluster_id(member_ids: Iterable[int]) -> int:
    """The 64-bit id of the cluster that was started with these members."""
    return _first_eight_bytes(b"".join(one.to_bytes(8, "big") for one in sorted(member_ids)))


def format_id(number: int) -> str:
    """An id as etcd prints it: lower-case hexadecimal without leading zeros."""
    return f"{number:x}"


def _first_eight_bytes(data: bytes) -> int:
    return int.from_bytes(hashlib.sha1(data, usedforsecurity=False).digest()[:8], "big")
