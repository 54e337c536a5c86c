"""Keys of a terminal: a digit chooses a node, a letter says what to do with it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from vard_http.dev.actions import Action, NotUnderstood, Verb

_OF_THE_CHOSEN: Final = {
    "k": Verb.KILL,
    "t": Verb.TERMINATE,
    "p": Verb.PAUSE_OR_CONTINUE,
    "r": Verb.RESTART,
    "x": Verb.PARTITION_OR_HEAL,
}
_OF_ALL: Final = {
    "l": Verb.LOGS,
    "w": Verb.WRITE,
    "h": Verb.HELP,
    "?": Verb.HELP,
    "s": Verb.STATUS,
    "q": Verb.QUIT,
    "\x04": Verb.QUIT,
}
_PIECES: Final = re.compile(r"\x1b[\[O][0-9;]*[A-Za-z~]|.", re.DOTALL)
_STEP: Final = {"\x1b[A": -1, "\x1bOA": -1, "\x1b[B": 1, "\x1bOB": 1}
"""Arrow up and arrow down."""

KEYS_HINT: Final = "A number chooses a node, h shows what can be done to it. q ends all."
KEYS_HELP: Final = """\
1-9, arrows  choose a node; what the next keys do, they do to it
k kill -9    t terminate    p pause, continue    r restart    x partition, heal
l which log lines are shown: all, warnings, none
w write all the time, and see what an election costs
s status     h this help    q, Ctrl-C end all"""


class Keys:
    """Knows which node is chosen; None at first."""

    def __init__(self, nodes: Sequence[int]) -> None:
        self._nodes = list(nodes)
        self.chosen: int | None = None

    def feed(self, typed: str) -> Iterator[Action]:
        """What `typed`, one or more keys, asks for. Raises NotUnderstood at a key without use."""
        for key in _PIECES.findall(typed):
            action = self._action(key)
            if action is not None:
                yield action

    def _action(self, key: str) -> Action | None:
        if key in "123456789":
            if int(key) not in self._nodes:
                raise NotUnderstood(f"there is no node {key}")
            self.chosen = int(key)
            return Action(Verb.CHOOSE, (self.chosen,))
        if key in _STEP:
            self.chosen = self._beside(_STEP[key])
            return Action(Verb.CHOOSE, (self.chosen,))
        if (verb := _OF_ALL.get(key.lower())) is not None:
            return Action(verb)
        if (verb := _OF_THE_CHOSEN.get(key.lower())) is None:
            return None
        if self.chosen is None:
            raise NotUnderstood(f"{key} which node? Choose one by its number first")
        return Action(verb, (self.chosen,))

    def _beside(self, step: int) -> int:
        if self.chosen is None:
            return self._nodes[0] if step > 0 else self._nodes[-1]
        place = self._nodes.index(self.chosen) + step
        return self._nodes[max(0, min(place, len(self._nodes) - 1))]
