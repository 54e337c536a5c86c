"""What can be asked for, by a key or in words. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final


class Verb(Enum):
    """What to do. The value is the word for it, or the key if there is no word."""

    KILL = "kill"
    TERMINATE = "terminate"
    PAUSE = "pause"
    CONTINUE = "continue"
    RESTART = "restart"
    PARTITION = "partition"
    CUT = "cut"
    HEAL = "heal"
    WRITE = "write"
    LOGS = "logs"
    STATUS = "status"
    HELP = "help"
    QUIT = "quit"
    PAUSE_OR_CONTINUE = "p"
    PARTITION_OR_HEAL = "x"
    CHOOSE = "1"


@dataclass(frozen=True)
class Action:
    """What to do, and to which nodes; `argument` is for LOGS (a level) and WRITE (on, off)."""

    verb: Verb
    nodes: tuple[int, ...] = ()
    argument: str = ""


class NotUnderstood(Exception):
    """Says what is wrong with what was typed."""


LEVELS: Final = ("info", "warnings", "none")

_SYNONYMS: Final = {
    "term": Verb.TERMINATE,
    "stop": Verb.TERMINATE,
    "cont": Verb.CONTINUE,
    "resume": Verb.CONTINUE,
    "start": Verb.RESTART,
    "writer": Verb.WRITE,
    "log": Verb.LOGS,
    "?": Verb.HELP,
    "q": Verb.QUIT,
    "exit": Verb.QUIT,
}
_WORDS: Final = {
    **_SYNONYMS,
    **{verb.value: verb for verb in Verb if len(verb.value) > 1},
}
_OF_NODES: Final = frozenset(
    {
        *(Verb.KILL, Verb.TERMINATE, Verb.PAUSE, Verb.CONTINUE, Verb.RESTART, Verb.PARTITION),
        *(Verb.CUT, Verb.HEAL),
    }
)
_ARGUMENTS: Final = {Verb.LOGS: LEVELS, Verb.WRITE: ("on", "off")}
_NODE: Final = re.compile(r"(?:node)?([1-9])")

WORDS_HINT: Final = "Commands are read from here: `help` lists them. Ctrl-C or `quit` ends all."
WORDS_HELP: Final = """\
kill N...        end nodes at once (SIGKILL)        terminate N...  in good order (SIGTERM)
pause N...       stop nodes (SIGSTOP)               continue N...   let them go on (SIGCONT)
restart N...     end nodes, if they run, and start them again on their data
partition N...   cut these nodes off from the others
cut A B          let nothing that A says reach B
heal [N...]      make the links of these nodes, or of all, whole
write [on|off]   write all the time, and see what an election costs
logs info|warnings|none   which lines of the nodes to show
status           what is known of the cluster       quit            end all
N is a node's number, `leader` or `all`."""


def parse_words(line: str, nodes: Iterable[int], leader: int | None) -> Action | None:
    """What a line asks for; None for an empty one. Raises NotUnderstood.

    `nodes` are the numbers there are, `leader` is who leads now.
    """
    word, *rest = line.lower().replace(",", " ").split() or [""]
    if not word:
        return None
    verb = _WORDS.get(word)
    if verb is None:
        raise NotUnderstood(f"no command {word!r}; `help` lists them")
    if verb in _ARGUMENTS:
        return Action(verb, argument=_argument(verb, rest))
    if verb not in _OF_NODES:
        if rest:
            raise NotUnderstood(f"{word} takes nothing after it")
        return Action(verb)
    chosen = tuple(dict.fromkeys(n for each in rest for n in _named(each, list(nodes), leader)))
    if not chosen and verb is not Verb.HEAL:
        raise NotUnderstood(f"{word} which node?")
    if verb is Verb.CUT and len(chosen) != 2:
        raise NotUnderstood("cut needs two nodes: who is not heard, and by whom")
    return Action(verb, chosen)


def _argument(verb: Verb, rest: list[str]) -> str:
    allowed = _ARGUMENTS[verb]
    if not rest:
        return ""
    if len(rest) > 1 or rest[0] not in allowed:
        raise NotUnderstood(f"{verb.value} {' or '.join(allowed)}?")
    return rest[0]


def _named(name: str, nodes: list[int], leader: int | None) -> list[int]:
    if name == "all":
        return nodes
    if name == "leader":
        if leader is None:
            raise NotUnderstood("there is no leader now")
        return [leader]
    found = _NODE.fullmatch(name)
    if found is None or int(found[1]) not in nodes:
        raise NotUnderstood(f"no node {name!r}: there are {', '.join(map(str, nodes))}")
    return [int(found[1])]
