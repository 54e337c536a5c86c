"""What a command works with: the options of this run, and the client that is made of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import click

from vard_http.client import Client, Tls
from vard_http.ctl.failures import Exit, Failed
from vard_http.ctl.options import DEFAULT_ENDPOINTS, Options
from vard_http.ctl.passwords import ask_password

if TYPE_CHECKING:
    from vard_http.client import AsyncClient
    from vard_http.ctl.cluster import Cluster

_Client = TypeVar("_Client")


class Session:
    """One run of `vardctl`. Nothing is looked up, asked for or opened before it is needed."""

    def __init__(self, options: Options) -> None:
        self.options = options

    @cached_property
    def endpoints(self) -> tuple[str, ...]:
        """The client URLs that were given, or found in DNS. Raises Failed."""
        found: tuple[str, ...] = ()
        if self.options.discovery_srv:
            from vard_http.ctl.srv import discovered  # DNS is rarely asked, and slow to import

            found = discovered(self.options)
        return found or tuple(map(_with_scheme, _listed(self.options.endpoints)))

    @cached_property
    def credentials(self) -> tuple[str, str] | None:
        """Who asks, and the password, which may have to be typed."""
        name, colon, password = self.options.username.partition(":")
        if name and not colon:
            password = ask_password("Password: ")
        return (name, password) if name else None

    @cached_property
    def client(self) -> Client:
        """The client of this run's cluster, with its credentials and certificates. Raises Failed.

        Commands of etcdctl's use `cluster`, which asks as etcdctl does.
        """
        return self._made(Client)

    def async_client(self) -> AsyncClient:
        """A new client for the running event loop; for the rest as `client`. Raises Failed."""
        from vard_http.client import AsyncClient  # aiohttp is slow to import

        return self._made(AsyncClient)

    def _made(self, kind: Callable[..., _Client]) -> _Client:
        options = self.options
        endpoints, tls = self.endpoints, _tls(options)
        name, password = self.credentials or (None, None)
        try:
            return kind(
                endpoints,
                username=name,
                password=password,
                tls=tls,
                timeout=options.timeout or options.total_timeout,
                connect_timeout=options.timeout or options.total_timeout,
            )
        except (OSError, ValueError) as error:  # what is in the files of TLS; URLs
            raise Failed(Exit.BAD_ARGUMENTS, str(error)) from error

    @cached_property
    def cluster(self) -> Cluster:
        """The cluster as etcdctl sees it, its members asked for first. Raises Failed."""
        cluster = self.unsynced_cluster
        if self.options.sync:
            cluster.sync()
        cluster.trace_endpoints()
        return cluster

    @cached_property
    def unsynced_cluster(self) -> Cluster:
        """The same with the endpoints as given. Raises Failed."""
        from vard_http.ctl.cluster import Cluster

        return Cluster(self.client, self.endpoints, self.options)


pass_session = click.make_pass_decorator(Session)
"""Gives a command its Session as first argument."""


def _listed(endpoints: str) -> list[str]:
    given = [endpoint.strip() for endpoint in endpoints.split(",")]
    return [endpoint for endpoint in given if endpoint] or DEFAULT_ENDPOINTS.split(",")


def _with_scheme(endpoint: str) -> str:
    return (endpoint if "://" in endpoint else f"http://{endpoint}").rstrip("/")


def _tls(options: Options) -> Tls | None:
    ca, cert, key = options.ca_file, options.cert_file, options.key_file
    if bool(cert) != bool(key):
        raise Failed(
            Exit.BAD_ARGUMENTS,
            f"KeyFile and CertFile must both be present[key: {key}, cert: {cert}]",
        )
    for path in filter(None, (cert, key, ca)):
        _insist_readable(path)
    if not (ca or cert):
        return None  # loading the system's certificates takes longer than most commands
    return Tls(ca or None, cert or None, key or None)


def _insist_readable(path: str) -> None:
    """OpenSSL does not say which file it could not read."""
    try:
        with open(path, "rb"):
            pass
    except OSError as error:
        reason = f"open {path}: {(error.strerror or str(error)).lower()}"
        raise Failed(Exit.BAD_ARGUMENTS, reason) from error
