"""The Authorization header of HTTP Basic, as Go reads it (contract 14.1)."""

from __future__ import annotations

import binascii
import re
from typing import Final

_SCHEME: Final = b"basic "

# Python's strict decoder lets excess padding pass.
_BASE64: Final = re.compile(
    rb"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?", re.ASCII
)


def read_basic(header: bytes) -> tuple[bytes, bytes] | None:
    """User name and password; None if the header does not parse."""
    if header[: len(_SCHEME)].lower() != _SCHEME:
        return None
    encoded = header[len(_SCHEME) :]
    if not _BASE64.fullmatch(encoded):
        return None
    name, colon, password = binascii.a2b_base64(encoded).partition(b":")
    return (name, password) if colon else None
