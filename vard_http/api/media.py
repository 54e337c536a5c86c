"""Go's reading of a Content-Type header (contract 4.1)."""

from __future__ import annotations

import re
from typing import Final

FORM: Final = b"application/x-www-form-urlencoded"

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_TYPE = re.compile(rb"(%b)(?:/(%b)?)?" % (_TOKEN, _TOKEN))
_PARAMETER = re.compile(
    rb"[ \t]*;[ \t]*(%b)=(?:(%b)|\"((?:[^\"\\\r\n]|\\.)*)\")" % (_TOKEN, _TOKEN)
)


def check_media_type(header: bytes) -> tuple[bytes, str | None]:
    """The media type in lower case, and Go's error text if the header is malformed.

    An empty header stands for application/octet-stream. After a bad parameter the type itself is
    still known; otherwise it is empty if there is an error.
    """
    if header in (FORM, b""):
        return header or b"application/octet-stream", None
    base, semicolon, rest = header.partition(b";")
    media_type = base.strip().lower()
    error = _check_type(media_type)
    if error:
        return b"", error
    return media_type, _check_parameters(semicolon + rest)


def _check_type(media_type: bytes) -> str | None:
    match = _TYPE.match(media_type)
    if not match:
        return "mime: no media type"
    rest = media_type[match.end() :]
    if match.end() == match.end(1):
        return "mime: expected slash after first token" if rest else None
    if match.group(2) is None:
        return "mime: expected token after slash"
    return "mime: unexpected content after media subtype" if rest else None


def _check_parameters(text: bytes) -> str | None:
    seen: dict[bytes, bytes] = {}
    while text.strip():
        match = _PARAMETER.match(text)
        if not match:
            return None if text.strip() == b";" else "mime: invalid media parameter"
        name, value = match.group(1).lower(), match.group(2) or match.group(3) or b""
        if seen.setdefault(name, value) != value:
            return "mime: duplicate parameter name"
        text = text[match.end() :]
    return None
