"""How a peer connection begins: an HTTP/1.1 upgrade that names both ends and their cluster.

Going through HTTP keeps the peer port one that `/members` and `/version` can be asked on, and gives
a stranger an answer he can read. The headers are those of etcd's own peer streams.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

PATH = "/vard/raft"
PROTOCOL = "vard-raft/1"
MAX_HEAD = 8192

_ID = re.compile(r"[0-9a-fA-F]{1,16}")
_STATUS = re.compile(r"[0-9]{3}")

ACCEPTED = (
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "
    + PROTOCOL.encode()
    + b"\r\n\r\n"
)


class Handshake(msgspec.Struct, frozen=True):
    """Who calls whom, and in which cluster; `urls` are the caller's own peer URLs.

    A server that has just joined learns from `urls` where to answer: it has no list of members yet.
    """

    cluster_id: int
    source: int
    target: int
    urls: tuple[str, ...] = ()


class HandshakeRefused(Exception):
    """The other end does not want this connection; `status` is the HTTP status."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def request(handshake: Handshake, host: str) -> bytes:
    """The caller's first bytes."""
    return (
        f"GET {PATH} HTTP/1.1\r\n"
        f"Host: {host}\r\n"
        f"Connection: Upgrade\r\n"
        f"Upgrade: {PROTOCOL}\r\n"
        f"X-Etcd-Cluster-Id: {handshake.cluster_id:x}\r\n"
        f"X-Raft-To: {handshake.target:x}\r\n"
        f"X-Server-From: {handshake.source:x}\r\n"
        f"X-PeerURLs: {','.join(handshake.urls)}\r\n"
        f"\r\n"
    ).encode()


def parse_request(head: bytes) -> Handshake:
    """What `request` wrote. Raises HandshakeRefused if it is anything else."""
    line, headers = _parse_head(head)
    if line != f"GET {PATH} HTTP/1.1" or headers.get("upgrade") != PROTOCOL:
        raise HandshakeRefused(400, f"this path speaks {PROTOCOL} only")
    try:
        return Handshake(
            cluster_id=_id(headers["x-etcd-cluster-id"]),
            source=_id(headers["x-server-from"]),
            target=_id(headers["x-raft-to"]),
            urls=tuple(url for url in headers.get("x-peerurls", "").split(",") if url),
        )
    except (KeyError, ValueError) as error:
        raise HandshakeRefused(400, "the handshake names no cluster or server") from error


def check(handshake: Handshake, *, cluster_id: int, me: int, removed: frozenset[int]) -> None:
    """Whether this server wants the connection. Raises HandshakeRefused with etcd's statuses."""
    if handshake.cluster_id != cluster_id:
        raise HandshakeRefused(412, f"cluster ID mismatch (want {cluster_id:x})")
    if handshake.source in removed:
        raise HandshakeRefused(410, "the member has been permanently removed from the cluster")
    if handshake.target != me:
        raise HandshakeRefused(412, f"this is server {me:x}")


def refusal(error: HandshakeRefused) -> bytes:
    """The answer to a caller who is turned away."""
    phrases = {400: "Bad Request", 410: "Gone", 412: "Precondition Failed"}
    body = f"{error}\n".encode()
    return (
        f"HTTP/1.1 {error.status} {phrases[error.status]}\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\n"
        f"Connection: close\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def parse_answer(answer: bytes) -> None:
    """Check the called server's answer. Raises HandshakeRefused unless it agreed."""
    head, _, body = answer.partition(b"\r\n\r\n")
    line, headers = _parse_head(head)
    status = line.split(" ")[1] if line.count(" ") else ""
    if status == "101" and headers.get("upgrade") == PROTOCOL:
        return
    code = int(status) if _STATUS.fullmatch(status) else 400
    raise HandshakeRefused(code, f"answered {line!r}: {body.decode('latin-1').strip()}")


def _id(text: str) -> int:
    if not _ID.fullmatch(text):
        raise ValueError(f"no id: {text!r}")
    return int(text, 16)


def _parse_head(head: bytes) -> tuple[str, Mapping[str, str]]:
    """First line, and headers by lower-case name, of a head that ends in a blank line."""
    line, *rest = head.decode("latin-1").split("\r\n")
    pairs = (field.partition(":") for field in rest if field)
    return line, {name.strip().lower(): value.strip() for name, _, value in pairs}
