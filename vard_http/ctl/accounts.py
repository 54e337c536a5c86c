"""What `user` and `role` share: whom they ask, and for which name."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from vard_http.ctl.arguments import only
from vard_http.ctl.cluster import Cluster
from vard_http.ctl.session import Session

DONE: Final = (HTTPStatus.OK, HTTPStatus.CREATED)


def cluster_of(session: Session) -> Cluster:
    """The cluster; with --debug its endpoints are told a second time, as etcdctl does."""
    session.cluster.trace_endpoints()
    return session.cluster


def cluster_and_name(
    session: Session, arguments: tuple[str, ...], missing: str
) -> tuple[Cluster, str]:
    """Also the only argument. Raises Failed, with the text `missing` if there is none."""
    name = only(arguments, missing)
    return cluster_of(session), name


def path_below(collection: str, name: str) -> str:
    """The path of the user or role `name`."""
    return f"{collection}/{quote(name, safe='', errors='surrogateescape')}"
