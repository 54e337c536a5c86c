"""TLS: whom to trust, and who we are."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from os import PathLike
from typing import TypeAlias

Path: TypeAlias = str | PathLike[str]


@dataclass(frozen=True, slots=True)
class Tls:
    """PEM files: `ca` to check servers by (None: the system's), `cert` and `key` to be known by.

    `verify=False` accepts any server, and so anybody who stands between.
    """

    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    verify: bool = True

    def context(self) -> ssl.SSLContext:
        """Raises OSError or ssl.SSLError for files that cannot be read, ValueError for a key
        without a certificate."""
        if self.key is not None and self.cert is None:
            raise ValueError("a key is of no use without its certificate")
        context = ssl.create_default_context(cafile=self.ca)
        if self.cert is not None:
            context.load_cert_chain(self.cert, self.key)
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context
