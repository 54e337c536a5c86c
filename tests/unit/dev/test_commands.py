"""Keys and words, and what they ask for."""

from __future__ import annotations

import pytest

from vard_http.dev.actions import Action, NotUnderstood, Verb, parse_words
from vard_http.dev.keys import Keys


@pytest.mark.parametrize(
    ("line", "action"),
    [
        ("kill 1", Action(Verb.KILL, (1,))),
        ("  Kill node2, 3 2\r", Action(Verb.KILL, (2, 3))),
        ("terminate leader", Action(Verb.TERMINATE, (2,))),
        ("stop 1", Action(Verb.TERMINATE, (1,))),
        ("pause 3", Action(Verb.PAUSE, (3,))),
        ("resume 3", Action(Verb.CONTINUE, (3,))),
        ("start all", Action(Verb.RESTART, (1, 2, 3))),
        ("partition 1 2", Action(Verb.PARTITION, (1, 2))),
        ("cut 2 1", Action(Verb.CUT, (2, 1))),
        ("heal", Action(Verb.HEAL)),
        ("heal 1", Action(Verb.HEAL, (1,))),
        ("logs", Action(Verb.LOGS)),
        ("logs warnings", Action(Verb.LOGS, argument="warnings")),
        ("write on", Action(Verb.WRITE, argument="on")),
        ("status", Action(Verb.STATUS)),
        ("quit", Action(Verb.QUIT)),
        ("", None),
    ],
)
def test_words(line: str, action: Action | None) -> None:
    assert parse_words(line, [1, 2, 3], leader=2) == action


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("frobnicate", "no command 'frobnicate'"),
        ("x", "no command 'x'"),
        ("kill", "kill which node"),
        ("kill 4", "no node '4': there are 1, 2, 3"),
        ("kill leader", "no leader now"),
        ("cut 1", "cut needs two nodes"),
        ("logs loud", "logs info or warnings or none"),
        ("quit now", "quit takes nothing"),
    ],
)
def test_what_is_wrong_with_words_is_said(line: str, complaint: str) -> None:
    with pytest.raises(NotUnderstood, match=complaint):
        parse_words(line, [1, 2, 3], leader=None)


def actions(keys: Keys, typed: str) -> list[Action]:
    return list(keys.feed(typed))


def test_a_digit_chooses_who_the_next_keys_are_for() -> None:
    keys = Keys([1, 2, 3])
    assert actions(keys, "2kx") == [
        Action(Verb.CHOOSE, (2,)),
        Action(Verb.KILL, (2,)),
        Action(Verb.PARTITION_OR_HEAL, (2,)),
    ]
    assert actions(keys, "p") == [Action(Verb.PAUSE_OR_CONTINUE, (2,))]


def test_arrows_choose_too_and_stop_at_the_ends() -> None:
    keys = Keys([1, 2, 3])
    chosen = [action.nodes for action in keys.feed("\x1b[B\x1b[B\x1b[B\x1b[B\x1b[A")]
    assert chosen == [(1,), (2,), (3,), (3,), (2,)]


def test_keys_for_all_need_nobody_chosen() -> None:
    wanted = [Verb.LOGS, Verb.WRITE, Verb.HELP, Verb.STATUS, Verb.QUIT]
    assert [action.verb for action in Keys([1]).feed("lwhsq")] == wanted


def test_other_keys_do_nothing() -> None:
    keys = Keys([1, 2])
    assert actions(keys, "1z\x1b[C\x1b[15~\r \t") == [Action(Verb.CHOOSE, (1,))]


@pytest.mark.parametrize(("typed", "complaint"), [("k", "k which node"), ("3", "no node 3")])
def test_what_is_wrong_with_keys_is_said(typed: str, complaint: str) -> None:
    with pytest.raises(NotUnderstood, match=complaint):
        actions(Keys([1, 2]), typed)
