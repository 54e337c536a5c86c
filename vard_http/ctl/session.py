"""What a command works with: the options of this run, and the client that is made of them."""

from __future__ import annotations

import ssl
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
        name, password = self._credentials
        try:
            return kind(
                endpoints,
                username=name,
                password=password,
                tls=tls,
                timeout=options.timeout or options.total_timeout,
                connect_timeout=options.timeout or options.total_timeout,
            )
        except (OSError, ValueError) as error:  # files of TLS (ssl.SSLError is an OSError), URLs
            raise Failed(Exit.BAD_ARGUMENTS, _reason(error)) from error

    @cached_property
    def _credentials(self) -> tuple[str | None, str | None]:
        """Name and password, asked for once."""
        return _credentials(self.options.username)

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
    return (endpoints or DEFAULT_ENDPOINTS).split(",")


def _with_scheme(endpoint: str) -> str:
    return endpoint if "://" in endpoint else f"http://{endpoint}"


def _tls(options: Options) -> Tls | None:
    if bool(options.cert_file) != bool(options.key_file):
        raise Failed(
            Exit.BAD_ARGUMENTS,
            f"KeyFile and CertFile must both be present[key: {options.key_file},"
            f" cert: {options.cert_file}]",
        )
    return Tls(options.ca_file or None, options.cert_file or None, options.key_file or None)


def _credentials(user: str) -> tuple[str | None, str | None]:
    if not user:
        return None, None
    name, colon, password = user.partition(":")
    if not colon:
        password = ask_password("Password: ")
    return (name, password) if name else (None, None)


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and not isinstance(error, ssl.SSLError):
        return f"open {error.filename}: {(error.strerror or str(error)).lower()}"
    return str(error)
