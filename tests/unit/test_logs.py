"""Log lines have etcd's shape and respect the level."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from vard_http.config import load
from vard_http.logs import Level, configure, set_level

CAPNSLOG = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} %s \| %s: %s"


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    set_level(Level.INFO)


def lines(capsys: pytest.CaptureFixture[str], *flags: str) -> list[str]:
    """What a line of every level comes to on stderr."""
    configure(load([*flags], {}))
    log = structlog.get_logger("part")
    for level in ("debug", "info", "warning", "error", "critical"):
        getattr(log, level)("text", key="value")
    log.info("text", key="value", notice=True)
    return capsys.readouterr().err.splitlines()


def test_plain_lines_are_those_of_capnslog(capsys: pytest.CaptureFixture[str]) -> None:
    found = lines(capsys, "--log-level=debug")
    for letter, line in zip("DIWECN", found, strict=True):
        assert re.fullmatch(CAPNSLOG % (letter, "part", "text key=value"), line)


def test_zaps_lines_are_json_with_zaps_names(capsys: pytest.CaptureFixture[str]) -> None:
    found = [json.loads(line) for line in lines(capsys, "--logger=zap", "--log-level=debug")]
    assert [line["level"] for line in found] == ["debug", "info", "warn", "error", "fatal", "info"]
    assert list(found[0]) == ["level", "ts", "logger", "msg", "key"]
    assert found[0]["logger"] == "part"
    assert found[0]["msg"] == "text"
    time = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d{4})"
    assert re.fullmatch(time, found[0]["ts"])


@pytest.mark.parametrize(
    ("flags", "letters"),
    [
        ([], "IWECN"),
        (["--log-level=warn"], "WEC"),
        (["--log-level=error"], "EC"),
        (["--log-level=fatal"], "C"),
        (["--log-level=error", "--debug"], "DIWECN"),
    ],
)
def test_lower_levels_are_left_out(
    capsys: pytest.CaptureFixture[str], flags: list[str], letters: str
) -> None:
    assert "".join(line[27] for line in lines(capsys, *flags)) == letters


def test_the_level_can_change_for_loggers_that_have_spoken(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure(load([], {}))
    log = structlog.get_logger("part")
    log.info("one")
    set_level(Level.NOTICE)
    log.info("two")
    log.info("three", notice=True)
    assert re.findall("one|two|three", capsys.readouterr().err) == ["one", "three"]


def test_what_strangers_send_cannot_begin_a_new_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure(load([], {}))
    structlog.get_logger("part").info("text", reason="a\n2026-01-01 E | part: forged")
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_lines_of_libraries_look_like_ours(capsys: pytest.CaptureFixture[str]) -> None:
    configure(load([], {}))
    logging.getLogger("library").warning("%d things", 3)
    logging.getLogger("library").info("not worth a line")
    found = capsys.readouterr().err.splitlines()
    assert len(found) == 1
    assert re.fullmatch(CAPNSLOG % ("W", "library", "3 things"), found[0])


def test_lines_go_to_every_output(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("before\n")
    configure(load(["--logger=zap", f"--log-outputs=stdout,{path}"], {}))
    structlog.get_logger("part").info("text")
    written = capsys.readouterr()
    assert json.loads(written.out)["msg"] == "text"
    assert written.err == ""
    assert path.read_text() == "before\n" + written.out


def test_an_output_that_takes_nothing_stops_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    configure(load(["--logger=zap", "--log-outputs=/dev/full,stderr"], {}))
    structlog.get_logger("part").info("text")
    assert "text" in capsys.readouterr().err
