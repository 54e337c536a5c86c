"""How much clients may ask of a node."""

from __future__ import annotations

import msgspec

from vard_http.api.keys import MAX_FORM_BYTES


class Limits(msgspec.Struct, frozen=True):
    """The largest form in bytes; how many connections and waiting watches there may be (0: any)."""

    form_bytes: int = MAX_FORM_BYTES
    connections: int = 0
    watchers: int = 0
