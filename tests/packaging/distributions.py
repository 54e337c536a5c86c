"""What a release is made of: an sdist, a wheel built from it, and an environment with the wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.harness.processes import Server
from tests.harness.wire import FORM

ROOT = Path(__file__).parents[2]

_NOT_SOURCE = shutil.ignore_patterns(
    *(".git", ".venv", "*cache*", ".hypothesis", "build", "dist", "site", "*.egg-info", "*.vard")
)


def build(source: Path, to: Path) -> tuple[Path, Path]:
    """Builds the sdist of a copy of `source`, and the wheel from the sdist; returns their paths.

    With the setuptools of the running environment, so nothing is downloaded. Raises
    CalledProcessError.
    """
    copy = to / "source"
    shutil.copytree(source, copy, ignore=_NOT_SOURCE)
    command = ("-m", "build", "--no-isolation", "--outdir", str(to), str(copy))
    _run(sys.executable, *command)
    (sdist,), (wheel,) = to.glob("*.tar.gz"), to.glob("*.whl")
    return sdist, wheel


def install(wheel: Path, directory: Path, *, download: bool) -> Path:
    """A fresh environment with the wheel; returns the folder of its commands.

    Its dependencies are downloaded, or else those of the running environment are lent to it.
    Raises CalledProcessError.
    """
    _run(sys.executable, "-m", "venv", "--without-pip", str(directory))
    commands = directory / "bin"
    if not download:
        (site,) = directory.glob("lib/python*/site-packages")
        lent = [path for path in sys.path if path.endswith("-packages")]
        (site / "lent.pth").write_text("\n".join(lent))
    pip = ("-m", "pip", "--python", str(commands / "python"), "install", "-q")
    alone = () if download else ("--no-deps", "--no-index")
    _run(sys.executable, *pip, *alone, str(wheel))
    return commands


def names(distribution: Path) -> set[str]:
    """The files in an sdist, without the folder that all are in, or in a wheel."""
    if distribution.suffix == ".whl":
        with zipfile.ZipFile(distribution) as wheel:
            return set(wheel.namelist())
    with tarfile.open(distribution) as sdist:
        files = [member.name for member in sdist.getmembers() if member.isfile()]
    return {name.partition("/")[2] for name in files}


class InstalledServer(Server):
    """One member, run by the command that the wheel installed."""

    def __init__(self, commands: Path) -> None:
        super().__init__("vard")
        self._program = str(commands / "vard-http")

    def command(self) -> list[str]:
        _python, _dash_m, _package, *flags = super().command()
        return [self._program, *flags]


def output(commands: Path, name: str, *arguments: str) -> str:
    """What an installed command prints, run elsewhere than in the project."""
    return _run(str(commands / name), *arguments, cwd=commands)


def try_out(commands: Path, say: Callable[[str], None] = lambda line: None) -> None:
    """Write and read a key by what the wheel installed, server and client."""
    with InstalledServer(commands) as server:
        server.start()
        with server.connect() as connection:
            form = {"Content-Type": FORM}
            written = connection.request("PUT", "/v2/keys/message", form, b"value=hello")
            read = connection.request("GET", "/v2/keys/message")
        url = server.endpoint.client_url
        shown = output(commands, "vardctl", "--endpoints", url, "get", "/message")
    for answer in (written, read):
        say(answer.body.decode().rstrip())
        assert answer.status in (200, 201)
    assert b'"value":"hello"' in read.body
    assert shown == "hello\n"


def _run(*command: str, cwd: Path | None = None) -> str:
    """Its standard output; what it says in failing is shown."""
    apart = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=cwd, env=apart, capture_output=True, text=True)
    if done.returncode:
        print(done.stdout, done.stderr, sep="\n", file=sys.stderr)
    done.check_returncode()
    return done.stdout
