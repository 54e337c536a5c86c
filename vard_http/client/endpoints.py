"""The addresses of the members, and which of them is asked first."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from urllib.parse import urlsplit

DEFAULT_ENDPOINTS = ("http://127.0.0.1:2379",)


class Endpoints:
    """Client URLs of members. The one that answered last is asked first.

    Safe to share between threads. Raises ValueError for what is no `http(s)://host[:port]`.
    """

    def __init__(self, urls: str | Sequence[str]) -> None:
        self._lock = threading.Lock()
        self._urls = _listed(urls)
        self._preferred = self._urls[0]

    @property
    def urls(self) -> tuple[str, ...]:
        return self._urls

    def order(self) -> tuple[str, ...]:
        """All of them, in the order in which to ask."""
        with self._lock:
            start = self._urls.index(self._preferred)
            return self._urls[start:] + self._urls[:start]

    def prefer(self, url: str) -> None:
        """Ask `url` first from now on, if it is one of them."""
        with self._lock:
            if url in self._urls:
                self._preferred = url

    def avoid(self, url: str) -> None:
        """Ask the one behind `url` first, if `url` is the first."""
        with self._lock:
            if url == self._preferred:
                after = self._urls.index(url) + 1
                self._preferred = self._urls[after % len(self._urls)]

    def replace(self, urls: Sequence[str]) -> None:
        """Put others in their place; the preferred one stays if it is among them."""
        listed = _listed(urls)
        with self._lock:
            self._urls = listed
            if self._preferred not in listed:
                self._preferred = listed[0]


def _listed(urls: str | Sequence[str]) -> tuple[str, ...]:
    listed = urls.split(",") if isinstance(urls, str) else urls
    urls = tuple(dict.fromkeys(checked(url) for url in listed))
    if not urls:
        raise ValueError("at least one endpoint is needed")
    return urls


def checked(url: str) -> str:
    """`url` as it is compared: no slash at the end. Raises ValueError unless http(s)://host:port."""
    text = url.strip().rstrip("/")
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"an endpoint is http://host:port or https://host:port, not {url!r}")
    if parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError(f"an endpoint has no path, query or user: {url!r}")
    _ = parts.port  # raises ValueError for a port that is none
    return text
