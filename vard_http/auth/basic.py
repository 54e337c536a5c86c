"""The Authorization header of HTTP Basic, as Go reads it (contract 14.1)."""

from __future__ import annotations

import base64
import binascii
from typing import Final

_SCHEME: Final = b"basic "


def read_basic(header: bytes) -> tuple[bytes, bytes] | None:
    """User name and password; None if the header does not parse."""
    if header[: len(_SCHEME)].lower() != _SCHEME:
        return None
    try:
        text = base64.b64decode(header[len(_SCHEME) :], validate=True)
    except binascii.Error:
        return None
    name, colon, password = text.partition(b":")
    return (name, password) if colon else None
