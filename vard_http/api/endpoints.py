"""Every endpoint beside /v2/keys: its path, its methods, its handler (contract 1.1, 1.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from vard_http.api.auth import enable, roles, users
from vard_http.api.backup import backup
from vard_http.api.debug import debug_vars
from vard_http.api.health import health, version
from vard_http.api.loglevel import config_log
from vard_http.api.members import machines, members
from vard_http.api.metrics import metrics
from vard_http.api.request import Handler
from vard_http.api.stats import stats_leader, stats_self, stats_store


class Endpoint(msgspec.Struct, frozen=True):
    """The methods are in the order in which a 405 lists them; without any the handler refuses."""

    methods: tuple[bytes, ...]
    handler: Handler


_GET: Final = (b"GET",)
_ANY: Final = ()
_MEMBERS: Final = (b"GET", b"POST", b"DELETE", b"PUT")

ENDPOINTS: Final[Mapping[bytes, Endpoint]] = {
    b"/v2/members": Endpoint(_MEMBERS, members),
    b"/v2/members/": Endpoint(_MEMBERS, members),
    b"/v2/machines": Endpoint((b"GET", b"HEAD"), machines),
    b"/v2/stats/self": Endpoint(_GET, stats_self),
    b"/v2/stats/leader": Endpoint(_GET, stats_leader),
    b"/v2/stats/store": Endpoint(_GET, stats_store),
    b"/v2/auth/users": Endpoint(_ANY, users),
    b"/v2/auth/users/": Endpoint(_ANY, users),
    b"/v2/auth/roles": Endpoint(_ANY, roles),
    b"/v2/auth/roles/": Endpoint(_ANY, roles),
    b"/v2/auth/enable": Endpoint((b"GET", b"PUT", b"DELETE"), enable),
    b"/version": Endpoint(_GET, version),
    b"/health": Endpoint(_GET, health),
    b"/metrics": Endpoint(_ANY, metrics),
    b"/debug/vars": Endpoint(_GET, debug_vars),
    b"/config/local/log": Endpoint((b"PUT",), config_log),
    b"/vard/backup": Endpoint(_GET, backup),
}
"""By path; one with a final slash stands for all that is below it too."""


def find_endpoint(path: bytes, *, v2: bool) -> Endpoint | None:
    """The endpoint at `path`, or the nearest above; without `v2` there are none below /v2."""
    if not v2 and path.startswith(b"/v2/"):
        return None
    found = ENDPOINTS.get(path)
    while found is None and len(path) > 1:
        path = path[: path.rfind(b"/", 0, -1) + 1]
        found = ENDPOINTS.get(path)
    return found
