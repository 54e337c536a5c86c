"""The Authorization header (contract 14.1)."""

from __future__ import annotations

import pytest

from vard_http.auth import read_basic


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (b"Basic dTpw", (b"u", b"p")),
        (b"basic dTpw", (b"u", b"p")),
        (b"BASIC dTpw", (b"u", b"p")),
        (b"Basic dTo=", (b"u", b"")),
        (b"Basic OnA=", (b"", b"p")),
        (b"Basic dTpwOnE=", (b"u", b"p:q")),
        (b"Basic dTr//w==", (b"u", b"\xff\xff")),
        (b"Basic", None),
        (b"Basic ", None),
        (b"Basic  dTpw", None),
        (b"Basic\tdTpw", None),
        (b"Basic !!!", None),
        (b"Basic cm9vdA==", None),
        (b"Basic dTo", None),
        (b"Basic dTpw=", None),
        (b"Basic dTpwdTpw====", None),
        (b"Basic dTr__w==", None),
        (b"Bearer dTpw", None),
        (b"\xff\xff\xff\xff\xff dTpw", None),
        (b"", None),
    ],
)
def test_the_header_is_read(header: bytes, found: tuple[bytes, bytes] | None) -> None:
    assert read_basic(header) == found
