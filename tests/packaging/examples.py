"""Commands and answers in documentation: `$ curl …` in an indented block, and what it prints below.

`python -m tests.packaging.examples PAGE` runs the commands of a page on a fresh member and writes
their real answers into it.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.harness.processes import Server, start_server

_PROMPT = re.compile(r"( +)\$ (curl .*)")
_CHANGING = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)"), "TIME"),
    (re.compile(r"\b[0-9a-f]{14,16}\b"), "ID"),
    (re.compile(r"(?<=Date: ).*"), "DATE"),
    (re.compile(r"(?<=X-Raft-Index: )\d+|(?<=X-Raft-Term: )\d+"), "N"),
    (re.compile(r'(?<="uptime":")[^"]*'), "TIME"),
    (re.compile(r'(?<=Rate":)[\d.e+-]+'), "N"),
)
"""What is another one each time."""


@dataclass(frozen=True)
class Example:
    """A command, over all its lines, and what the page says that it prints; `line` is its first."""

    line: int
    end: int
    indent: str
    command: str
    answer: str


def examples(text: str) -> Iterator[Example]:
    """All commands of a page for a member on port 2379, in order."""
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        start, found = at, _PROMPT.fullmatch(lines[at])
        at += 1
        if found is None:
            continue
        indent, command = found.groups()
        while command.endswith("\\"):
            command = f"{command[:-1]}{lines[at].strip()}"
            at += 1
        answer_at = at
        while _goes_on(lines[at : at + 2], indent):
            at += 1
        answer = "\n".join(line[len(indent) :] for line in lines[answer_at:at])
        if ":2379/" in command:
            yield Example(start, at, indent, command, answer)


def run(command: str, server: Server) -> str:
    """What the command prints, asked of `server` as if it listened on the usual ports."""
    real = command.replace("127.0.0.1:2379", f"127.0.0.1:{server.port}")
    quiet = real.replace("curl ", "curl -sS --max-time 20 ", 1)
    done = subprocess.run(["sh", "-c", quiet], capture_output=True, text=True, check=True)
    printed = done.stdout.replace("\r\n", "\n").rstrip("\n")
    printed = printed.replace(server.endpoint.client_url, "http://127.0.0.1:2379")
    return printed.replace(server.endpoint.peer_url, "http://127.0.0.1:2380")


def lasting(answer: str) -> str:
    """The answer without what is another one each time."""
    for pattern, name in _CHANGING:
        answer = pattern.sub(name, answer)
    return answer


def same(said: str, printed: str) -> bool:
    """Whether `printed` is what the page says; `…` there stands for anything."""
    parts = map(re.escape, lasting(said).split("…"))
    return re.fullmatch(".*".join(parts), lasting(printed), re.DOTALL) is not None


def main() -> int:
    page = Path(sys.argv[1])
    lines = page.read_text().splitlines()
    with start_server("vard") as server:
        answers = [(one, run(one.command, server)) for one in examples(page.read_text())]
    for one, printed in reversed(answers):
        if "…" in one.answer and same(one.answer, printed):
            continue
        command = next(n for n in range(one.line, one.end) if not lines[n].endswith("\\")) + 1
        lines[command : one.end] = [f"{one.indent}{line}".rstrip() for line in printed.split("\n")]
        if not printed:
            del lines[command]
    page.write_text("\n".join(lines) + "\n")
    return 0


def _goes_on(lines: list[str], indent: str) -> bool:
    """Whether the first of two lines belongs to an answer: one line of it may be empty."""
    shown = [line.startswith(indent) and not _PROMPT.fullmatch(line) for line in lines]
    return shown[:1] == [True] or (lines[:1] == [""] and shown[1:] == [True])


if __name__ == "__main__":
    sys.exit(main())
