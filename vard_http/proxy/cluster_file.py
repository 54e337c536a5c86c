"""`<data-dir>/proxy/cluster`: the peer URLs that a proxy begins with (contract 17)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec
import orjson


class Cluster(msgspec.Struct, rename="pascal"):
    """What the file holds."""

    peer_urls: tuple[str, ...] = msgspec.field(name="PeerURLs", default=())


_decode = msgspec.json.Decoder(Cluster).decode


def read_peer_urls(path: Path) -> tuple[str, ...] | None:
    """None if there is no file. Raises OSError, also for a file that holds something else."""
    try:
        return _decode(path.read_bytes()).peer_urls
    except FileNotFoundError:
        return None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise OSError(f"{path} is not a proxy's list of peers: {error}") from error


def write_peer_urls(path: Path, peer_urls: Sequence[str]) -> None:
    """Replace the file as a whole. Raises OSError."""
    draft = path.with_name(f"{path.name}.bak")
    opened = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with open(opened, "wb") as file:
        file.write(orjson.dumps({"PeerURLs": peer_urls}))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
