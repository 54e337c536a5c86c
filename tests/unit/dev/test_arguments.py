"""Wrong arguments of `vard-http dev`."""

from __future__ import annotations

from pathlib import Path

import pytest

from vard_http.dev.command import main


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--nodes", "10"], "10 is not in the range 1<=x<=9"),
        (["--base-port", "65530"], "ports 65530 to 65553: 1 to 65535 are possible"),
        (["--port-step", "3"], "3 is not in the range"),
        (["--logs", "loud"], "'loud' is not one of"),
        (["--bad"], "No such option"),
        (["--", "--name", "x"], "--name cannot be given to the nodes"),
    ],
)
def test_wrong_arguments_are_told_and_leave_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    complaint: str,
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert main(["dev", *options]) == 2
    assert complaint in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_help_tells_the_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dev", "--help"]) == 0
    assert "--base-port PORT" in capsys.readouterr().out
