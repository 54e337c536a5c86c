"""Completion in the shells themselves, on terminals, with keys of a real member."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.processes import Server, start_server
from vard_http.client import Client
from vard_http.ctl.completion.shells import Fish
from vard_http.ctl.main import vardctl

PATIENCE = 20.0
ZSHRC = """\
autoload -Uz compinit; compinit -u -d "$ZDOTDIR/dump"
source <(vardctl completion zsh)
PS1='READY '
"""
BASHRC = """\
source <(vardctl completion bash)
PS1='READY '
"""


@pytest.fixture(scope="module")
def member() -> Iterator[Server]:
    with start_server("vard") as server:
        with Client(server.endpoint.client_url) as client:
            for key in ("/dir/only", "/with space", "/colon:one", "/star*x", "/comma,x", "/tw/o"):
                client.set(key, "value")
            client.add_user("alice", "secret")
            client.add_role("reader", read=["/*"])
        yield server


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with `vardctl` in it."""
    directory = tmp_path_factory.mktemp("bin")
    script = directory / "vardctl"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m vard_http.ctl "$@"\n')
    script.chmod(0o755)
    return directory


def environment(program: Path, member: Server) -> dict[str, str]:
    return {
        "HOME": str(program),
        "PATH": f"{program}:{os.environ['PATH']}",
        "PYTHONPATH": str(Path(__file__).parents[3]),
        "VARDCTL_ENDPOINTS": member.endpoint.client_url,
        "TERM": "dumb",
        "LC_ALL": "C.UTF-8",
    }


class Terminal:
    """A shell on a terminal: what is typed, and what it shows."""

    def __init__(self, command: list[str], env: dict[str, str], directory: Path) -> None:
        self._master, slave = pty.openpty()
        self._process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=env,
            cwd=directory,
            start_new_session=True,
        )
        os.close(slave)
        self._shown = ""
        self.wait_for("READY ")

    def wait_for(self, text: str) -> str:
        """What is shown up to `text`; raises AssertionError if that does not come."""
        deadline = time.monotonic() + PATIENCE
        while text not in self._shown:
            ready, _, _ = select.select([self._master], [], [], deadline - time.monotonic())
            assert ready, f"no {text!r} in {self._shown!r}"
            self._shown += os.read(self._master, 4096).decode(errors="replace")
        before, _, self._shown = self._shown.partition(text)
        return before

    def completed(self, line: str) -> list[str]:
        """The words that `line` and Tab become, with END typed behind them."""
        show = b"\x01printf '<%s>' \x05; echo\r"  # Ctrl-A and Ctrl-E go to both ends of the line
        os.write(self._master, f"{line}\tEND".encode() + show)
        self.wait_for("\n<")
        words = self.wait_for(">\r\n").split("><")
        self.wait_for("READY ")
        return words

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._master)


@pytest.fixture(scope="module", params=["bash", "zsh"])
def terminal(request: pytest.FixtureRequest, program: Path, member: Server) -> Iterator[Terminal]:
    """One of each shell; its prompt comes back when it is done."""
    shell = str(request.param)
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    env = environment(program, member)
    (program / "bashrc").write_text(BASHRC)
    (program / ".zshrc").write_text(ZSHRC)
    command = {
        "bash": ["bash", "--noprofile", "--rcfile", str(program / "bashrc"), "-i"],
        "zsh": ["zsh", "-i"],
    }
    one = Terminal(command[shell], {**env, "ZDOTDIR": str(program)}, program)
    try:
        yield one
    finally:
        one.close()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("setd", ["setdir", "END"]),
        ("-endp", ["-endpointEND"]),
        ("-output js", ["-output", "json", "END"]),
        ("--output=js", ["--output=json", "END"]),
        ("get /di", ["get", "/dir/END"]),
        ("get /dir/", ["get", "/dir/only", "END"]),
        ("get dir/", ["get", "dir/only", "END"]),
        ("get /wi", ["get", "/with space", "END"]),
        ('get "/wi', ["get", "/with space", "END"]),
        ("get /col", ["get", "/colon:one", "END"]),
        ("get /colon:", ["get", "/colon:one", "END"]),
        ("get /st", ["get", "/star*x", "END"]),
        ("get /com", ["get", "/comma,x", "END"]),
        ("tree /tw", ["tree", "/tw/END"]),
        ("get /none", ["get", "/noneEND"]),
        ("set /dir/only /di", ["set", "/dir/only", "/diEND"]),
        ("--ca-file ./bashr", ["--ca-file", "./bashrc", "END"]),
    ],
)
def test_tab_completes(terminal: Terminal, line: str, expected: list[str]) -> None:
    assert terminal.completed(f"vardctl {line}") == ["vardctl", *expected]


def test_a_cluster_that_is_silent_is_not_waited_for(terminal: Terminal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        nowhere = f"http://127.0.0.1:{silent.getsockname()[1]}"
        line = f"vardctl --endpoints {nowhere} get /di"
        assert terminal.completed(line)[-1] == "/diEND"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("get ", ["/colon:one", "/comma,x", "/dir/", "/star*x", "/tw/", "/with space"]),
        ("dump --hidden /dir/only --hidden /t", ["/tw/"]),
        ("user remove a", ["alice"]),
        ("role remove re", ["reader"]),
        ("member remove ", ["MEMBER"]),
        ("member remove MEMBER ", []),
    ],
)
def test_what_the_cluster_has_is_offered(
    member: Server, line: str, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VARDCTL_ENDPOINTS", member.endpoint.client_url)
    id = member.endpoint.member_id
    *args, incomplete = line.replace("MEMBER", id).split(" ")
    found = Fish(vardctl, {}, "vardctl", "_VARDCTL_COMPLETE").get_completions(args, incomplete)
    assert [item.value for item in found] == [one.replace("MEMBER", id) for one in expected]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("vardctl get /di", ["/dir/"]),
        ("vardctl get /colon:", ["/colon:one"]),
        ("vardctl get /wi", ["/with space"]),
        ("vardctl get /com", ["/comma,x"]),
        ("vardctl -output js", ["json"]),
        ("vardctl --output=js", ["--output=json"]),
    ],
)
def test_fish_completes(program: Path, member: Server, line: str, expected: list[str]) -> None:
    if shutil.which("fish") is None:
        pytest.skip("fish is not installed")
    ran = subprocess.run(
        ["fish", "--no-config", "-c", f"vardctl completion fish | source; complete -C '{line}'"],
        env=environment(program, member),
        capture_output=True,
        timeout=PATIENCE,
        check=True,
    )
    assert ran.stdout.decode().splitlines() == expected
    assert ran.stderr == b""


def test_other_shells_are_refused(program: Path, member: Server) -> None:
    command = [str(program / "vardctl"), "completion", "powershell"]
    ran = subprocess.run(
        command,
        env=environment(program, member),
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ran.returncode == 1
    assert ran.stderr == b"Error:  no completion for powershell, but for bash, zsh, fish\n"
