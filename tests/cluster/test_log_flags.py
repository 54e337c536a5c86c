"""Where the log goes, in which form, and from which level on, on both servers."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.harness.processes import Kind, Server, start_server

KINDS = ("vard", pytest.param("etcd", marks=pytest.mark.etcd))
PLAIN = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} [CEWNID] \| [a-z/-]+: .*")


@pytest.mark.parametrize("kind", KINDS)
def test_lines_are_capnslogs_by_default(kind: Kind) -> None:
    with start_server(kind) as server:
        lines = [line for line in server.log().splitlines() if line[:1].isdigit()]
    assert lines
    assert all(PLAIN.fullmatch(line) for line in lines)


@pytest.mark.parametrize("kind", KINDS)
def test_zap_writes_json_to_all_outputs(kind: Kind, tmp_path: Path) -> None:
    path = tmp_path / "log"
    flags = ["--logger=zap", f"--log-outputs=stderr,{path}"]
    with start_server(kind, flags) as server:
        server.terminate()
        written = [line for line in server.log().splitlines() if line.startswith("{")]
        lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(lines) == len(written) > 0
    for line in lines:
        assert list(line)[:2] == ["level", "ts"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d{4})", line["ts"])
        assert "msg" in line


@pytest.mark.parametrize("kind", KINDS)
def test_lines_below_the_level_are_left_out(kind: Kind) -> None:
    with start_server(kind, ["--log-level=error"]) as server:
        log = server.log()
    assert not re.search(r"^\S+ \S+ [WNID] \|", log, re.MULTILINE)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_cannot_be_written_is_named(kind: Kind) -> None:
    with Server(kind, extra_flags=["--logger=zap", "--log-outputs=/nowhere/x"]) as server:
        server.spawn()
        assert server.wait_end() == 1
        reason = 'open sink "/nowhere/x": open /nowhere/x: no such file or directory'
        assert f"error verifying flags, {reason}. See" in server.log()
