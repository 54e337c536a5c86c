"""What a run has learned from the answers, so that later requests can hit what exists."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from tests.conformance.steps import Ask
from tests.harness.http1 import Response


@dataclass(frozen=True)
class Known:
    """A node as last seen. `value` is None for a directory."""

    value: bytes | None
    modified_index: int


@dataclass
class Knowledge:
    """Nodes by key as written in the request target, and the highest etcd index seen."""

    nodes: dict[bytes, Known] = field(default_factory=dict)
    index: int = 0

    def observe(self, ask: Ask, answer: Response) -> None:
        self.index = max(self.index, int(answer.head.get("X-Etcd-Index") or 0))
        if ask.key is None or ask.method == "HEAD":
            return
        if answer.status == 404:
            self._forget(ask.key)
        elif answer.status in (200, 201):
            self._learn(ask, answer.body)

    def _learn(self, ask: Ask, body: bytes) -> None:
        assert ask.key is not None
        try:
            event = json.loads(body)
        except ValueError:
            return
        node = event.get("node") if isinstance(event, dict) else None
        if not node or "key" not in node:
            return
        key = ask.key
        if event["action"] in ("delete", "compareAndDelete", "expire"):
            self._forget(key)
            return
        if ask.method == "POST":
            key += b"/" + node["key"].rpartition("/")[2].encode()
        value = None if node.get("dir") else str(node.get("value", "")).encode()
        self.nodes[key] = Known(value, int(node["modifiedIndex"]))

    def _forget(self, key: bytes) -> None:
        below = key + b"/"
        for name in [each for each in self.nodes if each == key or each.startswith(below)]:
            del self.nodes[name]
