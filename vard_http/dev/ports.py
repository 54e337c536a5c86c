"""Taking the ports of a cluster, and remembering them beside its data.

The members of a cluster know each other by their peer URLs, which are in their data: a cluster
whose data is kept has to have the same ports the next time.
"""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path
from typing import Final

import msgspec

from vard_http.dev.plan import DEFAULT_STEP, Plan, PlanError

_FIRST_BASE: Final = 12379
_LAST_BASE: Final = 19979
_BETWEEN_BASES: Final = 100
_DEFAULT_NODES: Final = 3
_REMEMBERED: Final = "dev.json"


class Wishes(msgspec.Struct, frozen=True):
    """What was asked for; None is what was left open."""

    nodes: int | None = None
    base_port: int | None = None
    step: int | None = None


def reserve(wishes: Wishes, data_dir: Path) -> tuple[Plan, list[socket.socket]]:
    """The plan, and a listening socket for each node's peer port, in the order of the nodes.

    What is left open is as it was the last time in `data_dir`, else free. Raises PlanError if a
    given port is taken, or if the cluster in `data_dir` is another one.
    """
    wishes = _as_before(wishes, data_dir)
    nodes = _DEFAULT_NODES if wishes.nodes is None else wishes.nodes
    step = DEFAULT_STEP if wishes.step is None else wishes.step
    if wishes.base_port is not None:
        plan = Plan(nodes, wishes.base_port, step)
        sockets = _take(plan)
    else:
        plan, sockets = _find(nodes, step)
    (data_dir / _REMEMBERED).write_bytes(
        msgspec.json.encode(Wishes(plan.nodes, plan.base_port, plan.step))
    )
    return plan, sockets


def _as_before(wishes: Wishes, data_dir: Path) -> Wishes:
    try:
        before = msgspec.json.decode((data_dir / _REMEMBERED).read_bytes(), type=Wishes)
    except FileNotFoundError:
        if wishes.base_port is None and (data_dir / "node1").exists():
            raise PlanError(
                f"{data_dir} holds a cluster, but no {_REMEMBERED}: give --base-port and"
                " --port-step as they were"
            ) from None
        return wishes
    except msgspec.MsgspecError as error:
        raise PlanError(f"{data_dir / _REMEMBERED}: {error}") from error
    for field in Wishes.__struct_fields__:
        wish, was = getattr(wishes, field), getattr(before, field)
        if wish is not None and wish != was:
            option = "port-step" if field == "step" else field.replace("_", "-")
            raise PlanError(
                f"the cluster in {data_dir} was made with --{option} {was}, not {wish}:"
                " leave it out, or give another directory"
            )
    return before


def _find(nodes: int, step: int) -> tuple[Plan, list[socket.socket]]:
    span = max(_BETWEEN_BASES, nodes * step)
    for base in range(_FIRST_BASE, _LAST_BASE, span):
        plan = Plan(nodes, base, step)
        with contextlib.suppress(PlanError):
            return plan, _take(plan)
    raise PlanError(f"no free ports for {nodes} nodes between {_FIRST_BASE} and {_LAST_BASE}")


def _take(plan: Plan) -> list[socket.socket]:
    """Sockets that listen on the peer ports. The nodes themselves take the other ports.

    Two commands that look for ports at the same time cannot both get these, and so neither the
    other ports beside them.
    """
    taken: list[socket.socket] = []
    try:
        for endpoint in plan.endpoints:
            taken.append(_bound(endpoint.peer_port))
            taken[-1].listen()
            _bound(endpoint.client_port).close()
            _bound(endpoint.private_port).close()
            _bound(endpoint.vard_port).close()
    except BaseException:
        for each in taken:
            each.close()
        raise
    return taken


def _bound(port: int) -> socket.socket:
    """Raises PlanError if the port is taken."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind(("127.0.0.1", port))
    except OSError as error:
        made.close()
        raise PlanError(f"port {port} on 127.0.0.1: {error.strerror}") from error
    made.setblocking(False)
    return made
