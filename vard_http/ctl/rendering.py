"""Answers about keys in etcdctl's three forms: simple, extended, json."""

from __future__ import annotations

import json
from typing import Any

from vard_http.ctl.console import complain, say
from vard_http.ctl.keyspace import Event, Node

# Go escapes what could end a script in HTML, and the line ends that JavaScript knows beside ours.
_ESCAPES = str.maketrans({one: f"\\u{ord(one):04x}" for one in "<>&\u2028\u2029"})


def show(event: Event, form: str) -> None:
    """What was done to a key, or what it is, on standard output."""
    if form == "simple":
        say(_simple(event))
    elif form == "extended":
        say(_extended(event))
    elif form == "json":
        say(_json(event))
    else:
        complain(f"Unsupported output format: {form}")


def show_unless_simple(event: Event, form: str) -> None:
    """What was done to a directory: it has no value to show."""
    if form != "simple":
        show(event, form)


def _simple(event: Event) -> str:
    if event.action == "delete":
        return f"PrevNode.Value: {_value(event.prev_node or {})}"
    return _value(event.node)


def _extended(event: Event) -> str:
    node = event.node
    lines = [
        f"Key: {node.get('key', '')}",
        f"Created-Index: {node.get('createdIndex', 0)}",
        f"Modified-Index: {node.get('modifiedIndex', 0)}",
        *([f"PrevNode.Value: {_value(event.prev_node)}"] if event.prev_node is not None else []),
        f"TTL: {node.get('ttl', 0)}",
        f"Index: {event.index}",
        *(["", _value(node)] if event.action != "delete" else []),
    ]
    return "\n".join(lines)


def _json(event: Event) -> str:
    prev_node = None if event.prev_node is None else _node(event.prev_node)
    whole = {"action": event.action, "node": _node(event.node), "prevNode": prev_node}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES)


def _node(node: Node) -> dict[str, Any]:
    nodes = node.get("nodes")
    return {
        "key": node.get("key", ""),
        **({"dir": True} if node.get("dir") else {}),
        "value": _value(node),
        "nodes": None if nodes is None else [_node(each) for each in nodes],
        "createdIndex": node.get("createdIndex", 0),
        "modifiedIndex": node.get("modifiedIndex", 0),
        **({"expiration": node["expiration"]} if node.get("expiration") else {}),
        **({"ttl": node["ttl"]} if node.get("ttl") else {}),
    }


def _value(node: Node) -> str:
    value: str = node.get("value") or ""
    return value
