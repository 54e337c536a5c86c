"""Events and their JSON bodies (contract 6)."""

from __future__ import annotations

from typing import Final

import msgspec

from vard_http.store.encoding import escape, public_path, rfc3339
from vard_http.store.tree import Node
from vard_http.store.ttl import remaining

GET: Final = "get"
SET: Final = "set"
CREATE: Final = "create"
UPDATE: Final = "update"
DELETE: Final = "delete"
COMPARE_AND_SWAP: Final = "compareAndSwap"
COMPARE_AND_DELETE: Final = "compareAndDelete"
EXPIRE: Final = "expire"

_BRIEF: Final = frozenset({SET, CREATE, UPDATE, COMPARE_AND_SWAP})


class Event(msgspec.Struct, gc=False):
    """The outcome of one operation.

    `path` is the store's own (`/1/foo`); `index` is the etcd index after the operation, the
    X-Etcd-Index of its answer; `node` is None where the key is gone; `prev` is the state before;
    `now` is the time of the operation in nanoseconds, from which the shown `ttl` is counted.
    A refresh is told to nobody.
    """

    action: str
    path: bytes
    index: int
    node: Node | None
    prev: Node | None
    now: int
    refresh: bool = False
    _json: bytes | None = None

    @property
    def is_new(self) -> bool:
        """Whether the answer is 201 Created."""
        return self.action == CREATE or (self.action == SET and self.prev is None)

    @property
    def removes_directory(self) -> bool:
        """Whether a directory, with all below it, is gone."""
        return self.node is None and self.prev is not None and self.prev.value is None

    def to_json(self) -> bytes:
        """The exact body, newline included; rendered once and kept."""
        body = self._json
        if body is None:
            body = self._json = self._render()
        return body

    def to_brief_json(self) -> bytes:
        """The body for noValueOnSuccess: actions that store something name just themselves."""
        if self.action in _BRIEF:
            return b'{"action":"%b"}\n' % self.action.encode()
        return self.to_json()

    def _render(self) -> bytes:
        key = escape(public_path(self.path))
        prev = self.prev
        if self.node is not None:
            node = render_node(key, self.node, self.now)
        else:
            assert prev is not None
            dir_member = b'"dir":true,' if prev.value is None else b""
            node = b'{"key":"%b",%b"modifiedIndex":%d,"createdIndex":%d}' % (
                key,
                dir_member,
                self.index,
                prev.created,
            )
        action = self.action.encode()
        if prev is None:
            return b'{"action":"%b","node":%b}\n' % (action, node)
        before = render_node(key, prev, self.now)
        return b'{"action":"%b","node":%b,"prevNode":%b}\n' % (action, node, before)


def render_node(key: bytes, node: Node, now: int) -> bytes:
    """One node without children as a JSON object; `key` is escaped already."""
    if node.value is None:
        return render_head(key, node, now) + render_tail(node)
    return b'{"key":"%b","value":"%b"%b,"modifiedIndex":%d,"createdIndex":%d}' % (
        key,
        escape(node.value),
        render_expiry(node.expires, now) if node.expires else b"",
        node.modified,
        node.created,
    )


def render_head(key: bytes, node: Node, now: int) -> bytes:
    """A directory's object up to where its `nodes` go; the root has no key."""
    shown = b'"key":"%b",' % key if key else b""
    return b'{%b"dir":true%b' % (shown, render_expiry(node.expires, now) if node.expires else b"")


def render_tail(node: Node) -> bytes:
    """A directory's object after its `nodes`; indexes of 0 are left out."""
    modified = b',"modifiedIndex":%d' % node.modified if node.modified else b""
    created = b',"createdIndex":%d' % node.created if node.created else b""
    return b"%b%b}" % (modified, created)


def render_expiry(expires: int, now: int) -> bytes:
    """The members `expiration` and, unless it is 0, `ttl`."""
    left = remaining(expires, now)
    ttl = b',"ttl":%d' % left if left else b""
    return b',"expiration":"%b"%b' % (rfc3339(expires), ttl)
