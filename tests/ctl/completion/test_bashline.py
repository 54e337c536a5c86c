"""A line is cut into words as bash cuts it."""

from __future__ import annotations

import pytest

from vard_http.ctl.completion.bashline import Line

BREAKS = " \t\n\"'@><=;|&(:"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("vardctl get /a", ["vardctl", "get", "/a"]),
        ("vardctl  get ", ["vardctl", "get", ""]),
        ("vardctl get a\\ b", ["vardctl", "get", "a b"]),
        ("vardctl get a\\", ["vardctl", "get", "a"]),
        ("vardctl get 'a b' c", ["vardctl", "get", "a b", "c"]),
        ('vardctl get "a b', ["vardctl", "get", "a b"]),
        ('vardctl get "a\'b" ', ["vardctl", "get", "a'b", ""]),
        ("vardctl get '' /", ["vardctl", "get", "", "/"]),
        ("vardctl get x\\ ", ["vardctl", "get", "x "]),
        (
            "vardctl --endpoints http://n1:2379 get",
            ["vardctl", "--endpoints", "http://n1:2379", "get"],
        ),
    ],
)
def test_words_are_without_their_quotes(text: str, words: list[str]) -> None:
    assert Line.read(text, BREAKS).words == words


@pytest.mark.parametrize(
    ("text", "breaks", "value", "replaced"),
    [
        ("get /f", BREAKS, "/foo", "/foo"),
        ("get /a:b", BREAKS, "/a:bc", "bc"),
        ("get /a:b", " ", "/a:bc", "/a:bc"),
        ("get /a\\:b", BREAKS, "/a:bc", "/a:bc"),
        ("--output=js", BREAKS, "--output=json", "json"),
        ("get /w", BREAKS, "/with space", "/with\\ space"),
        ("get /s", BREAKS, "/star*$x", "/star\\*\\$x"),
        ('get "/w', BREAKS, "/with space", "/with space"),
        ("get /a:b ", BREAKS, "/x", "/x"),
    ],
)
def test_bash_replaces_the_last_part(text: str, breaks: str, value: str, replaced: str) -> None:
    assert Line.read(text, breaks).completed(value) == replaced
