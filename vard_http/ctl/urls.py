"""Peer URLs as etcdctl checks them before it sends them."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from vard_http.ctl.failures import Exit, Failed
from vard_http.govalues import quote

_SCHEMES = ("http", "https", "unix", "unixs")


def checked_urls(urls: Sequence[str]) -> list[str]:
    """The URLs in order. Raises Failed with Go's reason for one that is none."""
    return sorted(_checked(url.strip()) for url in urls)


def _checked(url: str) -> str:
    if ":" in url.partition("/")[0] and "://" not in url:
        raise _refusal(f"parse {quote(url)}: first path segment in URL cannot contain colon")
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES:
        raise _refusal(f"URL scheme must be http, https, unix, or unixs: {url}")
    _, colon, port = parts.netloc.rpartition(":")
    if not colon or port.endswith("]"):
        raise _refusal(f'URL address does not have the form "host:port": {url}')
    if port and not port.isdecimal():
        raise _refusal(f"parse {quote(url)}: invalid port {quote(':' + port)} after host")
    if parts.path:
        raise _refusal(f"URL must not contain a path: {url}")
    return url


def _refusal(reason: str) -> Failed:
    return Failed(Exit.BAD_ARGUMENTS, reason)
