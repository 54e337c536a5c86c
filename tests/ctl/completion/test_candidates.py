"""What may come next on a line, by click's tree of commands."""

from __future__ import annotations

import pytest
from click.shell_completion import CompletionItem

from vard_http.client import Node
from vard_http.ctl.completion.keys import DIRECTORY, matching
from vard_http.ctl.completion.shells import Fish, two_dashes
from vard_http.ctl.main import vardctl

NODES = (
    Node("/foo", "1"),
    Node("/fo", dir=True),
    Node("/bar", "2"),
    Node("/new\nline", "3"),
)


def candidates(line: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The values that are offered for the last word of `line`."""
    *args, incomplete = line.split(" ")
    # Nobody listens there: keys are looked for, and not found.
    monkeypatch.setenv("VARDCTL_ENDPOINTS", "http://127.0.0.1:1")
    found = Fish(vardctl, {}, "vardctl", "_VARDCTL_COMPLETE").get_completions(args, incomplete)
    return [item.value for item in found]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("setd", ["setdir"]),
        ("-out", ["-output"]),
        ("--out", ["--output"]),
        ("-o", ["-o", "-output"]),
        ("--output ", ["simple", "extended", "json"]),
        ("-output j", ["json"]),
        ("-o j", ["json"]),
        ("--output=j", ["--output=json"]),
        ("-output=j", ["-output=json"]),
        ("-output json che", ["check"]),
        ("-timeout 1s -debug get --so", ["--sort"]),
        ("get -so", ["-sort"]),
        ("get -q -so", ["-sort"]),
        ("get -sort -so", []),
        ("completion z", ["zsh"]),
        ("top -o ", ["simple", "json"]),
        ("get /", []),
        ("--nonsense g", ["get"]),
    ],
)
def test_flags_may_have_one_dash_or_two(
    line: str, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert candidates(line, monkeypatch) == expected


def test_every_command_is_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    offered = candidates("", monkeypatch)
    assert {"get", "set", "tree", "top", "check", "bench", "completion"} <= set(offered)


def test_a_flag_for_a_file_is_left_to_the_shell() -> None:
    fish = Fish(vardctl, {}, "vardctl", "_VARDCTL_COMPLETE")
    assert [item.type for item in fish.get_completions(["--ca-file"], "/e")] == ["file"]


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["-endpoints", "x", "--sort", "-q"], ["--endpoints", "x", "--sort", "-q"]),
        (["set", "--", "-negative"], ["set", "--", "-negative"]),
        (["-output=json", "-"], ["--output=json", "-"]),
    ],
)
def test_long_flags_get_two_dashes(args: list[str], expected: list[str]) -> None:
    assert two_dashes(args) == expected


@pytest.mark.parametrize(
    ("incomplete", "expected"),
    [
        ("", [("/bar", "plain"), ("/fo/", DIRECTORY), ("/foo", "plain")]),
        ("/f", [("/fo/", DIRECTORY), ("/foo", "plain")]),
        ("f", [("fo/", DIRECTORY), ("foo", "plain")]),
        ("/x", []),
    ],
)
def test_keys_are_offered_as_they_were_begun(
    incomplete: str, expected: list[tuple[str, str]]
) -> None:
    found: list[CompletionItem[str]] = matching(NODES, incomplete)
    assert [(item.value, item.type) for item in found] == expected
