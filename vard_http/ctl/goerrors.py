"""Why a member gave no answer, in the words of Go's net package, which etcdctl prints."""

from __future__ import annotations

import errno
import os
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from vard_http.client import ClusterUnavailable

_ENDED: Final = {
    "Remote end closed connection without response": "EOF",
    "the connection ended within the answer": "unexpected EOF",
}
"""What Go says of connections that end too early."""

_ERRNO: Final = re.compile(r"\[Errno (-?\d+)\] ")


@dataclass(frozen=True)
class Reason:
    """`text` is Go's; `connection` is what etcdctl takes for the want of a connection."""

    text: str
    connection: bool


DEADLINE: Final = Reason("context deadline exceeded", connection=True)


def go_reason(endpoint: str, error: ClusterUnavailable) -> Reason:
    """Why the one endpoint that was asked did not answer."""
    text = next(iter(error.errors.values()))
    parts = urlsplit(endpoint)
    if text == "timed out":
        return Reason(f"client: endpoint {endpoint} exceeded header timeout", connection=False)
    match = _ERRNO.match(text)
    number = int(match[1]) if match else 0
    if number == errno.ECONNRESET:
        return Reason("read: connection reset by peer", connection=True)
    if number > 0:
        reason = os.strerror(number).lower()
        return Reason(f"dial tcp {parts.netloc}: connect: {reason}", connection=True)
    if number < 0:
        return Reason(f"dial tcp: lookup {parts.hostname}: no such host", connection=True)
    return Reason(_ENDED.get(text, text), connection=False)
