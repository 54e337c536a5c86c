"""Choosing keys, values and parameters that hit what exists more often than not."""

from __future__ import annotations

import random

from tests.conformance import vocabulary as words
from tests.conformance.draft import Parameter
from tests.conformance.knowledge import Knowledge


class Chooser:
    """Draws from `random`, guided by what is known of the servers."""

    def __init__(self, choice: random.Random, knowledge: Knowledge) -> None:
        self.random = choice
        self.knowledge = knowledge

    def key(self, existing: float = 0.45, files: bool | None = None) -> bytes:
        """A key as written in the target.

        `existing` is the share of those that exist; of these, most are files if `files` is true,
        directories if it is false.
        """
        known = list(self.knowledge.nodes)
        if known and self.random.random() < existing:
            return self.random.choice(self._of_kind(files) or known)
        draw = self.random.random()
        if draw < 0.02:
            return self.random.choice((b"", b"/"))
        if known and draw < 0.14:
            return self.random.choice(known).rpartition(b"/")[0]
        if known and draw < 0.35:
            return self._clear_of_files(self.random.choice(known) + b"/" + self.name())
        depth = self.random.choices((1, 2, 3, 4), (4, 4, 2, 1))[0]
        return self._clear_of_files(b"".join(b"/" + self.name() for _ in range(depth)))

    def _of_kind(self, files: bool | None) -> list[bytes]:
        if files is None or self.random.random() < 0.2:
            return []
        nodes = self.knowledge.nodes.items()
        return [key for key, node in nodes if (node.value is not None) == files]

    def _clear_of_files(self, key: bytes) -> bytes:
        """The key, or mostly the file that stands in its way."""
        parts = key.split(b"/")
        for end in range(2, len(parts)):
            above = b"/".join(parts[:end])
            node = self.knowledge.nodes.get(above)
            if node is not None and node.value is not None and self.random.random() < 0.8:
                return above
        return key

    def name(self) -> bytes:
        """One path segment as written in the target."""
        draw = self.random.random()
        if draw < 0.75:
            return self.random.choice(words.COMMON_NAMES)
        if draw < 0.85:
            return self.random.choice(words.HIDDEN_NAMES)
        return self.random.choice(words.ODD_NAMES)

    def value(self) -> bytes:
        draw = self.random.random()
        if draw < 0.05:
            return b""
        if draw < 0.6:
            return self.random.choice(words.VALUES[:5])
        return self.random.choice(words.VALUES)

    def boolean(self, name: bytes, share: float, wrong: float = 0.1) -> list[Parameter]:
        """`name=true` in that share of the cases, now and then `name=false`."""
        draw = self.random.random()
        if draw < share:
            return [(name, self.random.choice(words.TRUE_WORDS))]
        if draw < share + wrong * (1 - share):
            return [(name, self.random.choice(words.FALSE_WORDS))]
        return []

    def common(self) -> list[Parameter]:
        """Parameters that go with any successful write."""
        parameters = self.boolean(b"noValueOnSuccess", 0.06, 0.03)
        if self.random.random() < 0.12:
            parameters.append((b"ttl", self.random.choice((*words.LONG_TTLS, b""))))
        return parameters

    def comparisons(self, key: bytes) -> list[Parameter]:
        """prevValue, prevIndex or both, right more often than not."""
        which = self.random.choices(("value", "index", "both"), (5, 4, 3))[0]
        parameters = []
        if which != "index":
            parameters.append((b"prevValue", self._previous_value(key)))
        if which != "value":
            parameters.append((b"prevIndex", self._previous_index(key)))
        return parameters

    def _previous_value(self, key: bytes) -> bytes:
        known = self.knowledge.nodes.get(key)
        if known is not None and known.value and self.random.random() < 0.7:
            return known.value
        return self.value() or b"x"

    def _previous_index(self, key: bytes) -> bytes:
        known = self.knowledge.nodes.get(key)
        if known is not None and self.random.random() < 0.7:
            return b"%d" % known.modified_index
        wrong = (0, 1, self.knowledge.index, self.knowledge.index + 1, 2**64 - 1)
        return b"%d" % self.random.choice(wrong)

    def wait_index(self) -> int:
        now = self.knowledge.index
        oldest = max(now - 999, 1)
        near = max(now - self.random.randrange(30), 0)
        choices = (near, 0, now, now + 1, now + 3, now + 10**6, 2**64 - 1, oldest, oldest - 1, 1)
        return self.random.choices(choices, (12, 1, 3, 4, 3, 1, 1, 2, 2, 1))[0]
