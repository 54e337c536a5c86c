"""vard's own command line, told as etcd settings.

`vard-http -dbpath DIR -port 8000 -me 0 -node 0,HOST:9000 -node 1,HOST:9001 -node 2,HOST:9002`:
`-me` is the name, `-node` lists the initial cluster, `-port` serves the clients, `-dbpath` is the
data directory. `-debug` is etcd's flag of that name. Without `-node` it is one node on localhost.
"""

from collections.abc import Iterable, Mapping, Sequence

from vard_http.config.errors import failed_verification
from vard_http.config.given import Given, Source
from vard_http.config.kinds import TEXT, Kind
from vard_http.config.setting import Group, Setting
from vard_http.config.urls import host_and_port, is_ip
from vard_http.govalues import parse_unsigned, quote

Node = tuple[int, str, int]
"""Id, host (IPv6 without brackets) and peer port."""


def _parse_port(text: str) -> int:
    port = parse_unsigned(text)
    if port > 65535:
        raise ValueError("value out of range")
    return port


def _parse_node(text: str) -> Node:
    number, comma, address = text.partition(",")
    if not comma:
        raise ValueError("parse error")
    host, port = host_and_port(address)
    if not host:
        raise ValueError("parse error")
    return parse_unsigned(number), host, _parse_port(port)


_ID = Kind(parse_unsigned, "the id of one of the nodes, a whole number from 0")
_PORT = Kind(_parse_port, "a port number from 0 to 65535")
_NODE = Kind(_parse_node, "ID,HOST:PORT, for instance 0,10.0.0.1:9000; once for each node")

ME = Setting("me", Group.VARD, _ID, "", "This node's id; becomes --name.")
NODE = Setting(
    "node", Group.VARD, _NODE, "", "ID,HOST:PORT of one node of the cluster; once for each node."
)
PORT = Setting(
    "port",
    Group.VARD,
    _PORT,
    "",
    "Port for clients; on all addresses with -node, else on localhost.",
)
DBPATH = Setting("dbpath", Group.VARD, TEXT, "", "Becomes --data-dir.")
VARD_SETTINGS = (ME, NODE, PORT, DBPATH)


def translate(given: Mapping[str, Sequence[Given]]) -> dict[str, Given]:
    """The etcd settings that vard's flags stand for; `given` is by flag name, last value last.

    Raises ConfigError where the flags do not make one member.
    """
    nodes = _nodes(given.get("node", ()))
    me = _last(given, "me")
    _check_membership(nodes, me)
    told: dict[str, Given] = {}
    if me:
        told["name"] = _told(me, str(parse_unsigned(me.text)))
    if dbpath := _last(given, "dbpath"):
        told["data-dir"] = _told(dbpath, dbpath.text)
    own = nodes.get(parse_unsigned(me.text)) if me else None
    if own:
        told |= _cluster(nodes.values(), own)
    if port := _last(given, "port"):
        told |= _client_urls(port, own[0] if own else None)
    return told


def _nodes(given: Sequence[Given]) -> dict[int, tuple[Node, Given]]:
    nodes: dict[int, tuple[Node, Given]] = {}
    for one in given:
        node = _parse_node(one.text)
        if node[0] in nodes:
            raise failed_verification(f"-node gives id {node[0]} twice ({NODE.takes})")
        nodes[node[0]] = node, one
    return nodes


def _last(given: Mapping[str, Sequence[Given]], name: str) -> Given | None:
    return given[name][-1] if name in given else None


def _check_membership(nodes: Mapping[int, object], me: Given | None) -> None:
    if nodes and me is None:
        raise failed_verification(f"-node is given without -me ({ME.takes})")
    if nodes and me and parse_unsigned(me.text) not in nodes:
        ids = ", ".join(map(str, nodes))
        raise failed_verification(f"-me is {quote(me.text)}, but -node gives only {ids}")


def _cluster(nodes: Iterable[tuple[Node, Given]], own: tuple[Node, Given]) -> dict[str, Given]:
    (_, host, port), origin = own
    members = ",".join(f"{number}={_url(name, at)}" for (number, name, at), _ in nodes)
    listen_on = host if host == "localhost" or is_ip(host) else "0.0.0.0"
    return {
        "initial-cluster": _told(origin, members),
        "initial-advertise-peer-urls": _told(origin, _url(host, port)),
        "listen-peer-urls": _told(origin, _url(listen_on, port)),
    }


def _client_urls(port: Given, own: Node | None) -> dict[str, Given]:
    """All addresses with a known host, as vard does; without one, only this machine's own."""
    number = _parse_port(port.text)
    host = own[1] if own else "localhost"
    listen_on = ("::" if ":" in host else "0.0.0.0") if own else host
    return {
        "listen-client-urls": _told(port, _url(listen_on, number)),
        "advertise-client-urls": _told(port, _url(host, number)),
    }


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _told(origin: Given, text: str) -> Given:
    return Given(text, Source.VARD, f"{origin.where} {origin.text}")
