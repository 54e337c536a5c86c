"""`vardctl edit`: a value in the user's own editor, written only over what was shown there."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from vard_http.client import (
    Client,
    ClientError,
    CompareFailed,
    KeyNotFound,
    NodeExists,
    Result,
)
from vard_http.ctl.completion.keys import complete_key
from vard_http.ctl.console import complain, say
from vard_http.ctl.failures import Exit, Failed, failed, failure_of
from vard_http.ctl.session import Session, pass_session
from vard_http.ctl.subtree.tree import path_of, text_of
from vard_http.ctl.texts import is_marked, marked, shown_as, value_of

_REPLACEMENT = "\ufffd"


@click.command()
@click.argument("key", shell_complete=complete_key)
@click.option(
    "--ttl", type=click.IntRange(min=1), metavar="SECONDS", help="A new TTL. [default: as it was]"
)
@click.option(
    "--force", is_flag=True, help="Edit a value that the server may not have shown whole."
)
@pass_session
def edit(session: Session, key: str, ttl: int | None, force: bool) -> None:
    """Edit the value of KEY in $VISUAL or $EDITOR.

    It is written by compare-and-swap: if somebody else changed KEY meanwhile, nothing is written,
    your text is kept in a file, and you may edit again on top of the new value. A KEY that does not
    exist is created. What was not changed is not written.
    """
    client, key = session.client, text_of(path_of(key))
    base = _read(client, key)
    if _REPLACEMENT in base.value and not force:
        raise failed(
            Exit.SERVER_ERROR,
            f"{key} has U+FFFD in its value, which servers show in place of bytes that are not"
            " UTF-8; those would be lost. --force edits what is shown",
        )
    _Editing(client, key, ttl, _editor(os.environ)).run(base)


@dataclass(frozen=True)
class _Base:
    """What was in the cluster when it was read, `index` 0 if nothing; `read` is a moment."""

    value: str = ""
    index: int = 0
    ttl: int | None = None
    read: float = 0.0

    @property
    def text(self) -> bytes:
        return shown_as(self.value.encode(errors="surrogateescape"))

    def ttl_left(self) -> int | None:
        """What is left of the TTL: a swap without one would make the key last for ever."""
        return None if self.ttl is None else max(1, round(self.ttl - time.monotonic() + self.read))


def _read(client: Client, key: str) -> _Base:
    moment = time.monotonic()
    try:
        node = client.get(key, quorum=True).node
    except KeyNotFound:
        return _Base()
    if node.dir:
        raise failed(Exit.SERVER_ERROR, f"{key} is a directory, which has no value to edit")
    return _Base(node.value or "", node.modified_index, node.ttl, moment)


class _Editing:
    """The files of one edit: what is in them is lost only when it has been written."""

    def __init__(self, client: Client, key: str, ttl: int | None, editor: list[str]) -> None:
        self._client = client
        self._key = key
        self._ttl = ttl
        self._editor = editor
        self._kept: list[Path] = []

    def run(self, base: _Base) -> None:
        """Let the user edit until the text is written, or given up. Raises Failed."""
        try:
            said = self._edit(base, base.text)
        except ClientError as error:
            raise self._giving_up(failure_of(error)) from error
        except (click.Abort, KeyboardInterrupt):
            self._tell()
            raise
        for path in self._kept:
            path.unlink(missing_ok=True)
        say(f"{self._key}: {said}")

    def _edit(self, base: _Base, shown: bytes) -> str:
        while True:
            path = self._edited(shown)
            text = path.read_bytes()
            if is_marked(text):
                complain(f"{self._key}: marks of the conflict are left in your text")
                shown = self._again(text)
            elif text == base.text:
                return "not changed, nothing written"
            else:
                try:
                    result = self._write(base, value_of(text))
                except (CompareFailed, KeyNotFound, NodeExists) as conflict:
                    complain(f"{self._key}: somebody else changed it meanwhile ({conflict})")
                    base, shown = self._on_top(text)
                else:
                    what = "written" if base.index else "created"
                    return f"{what}, index {result.node.modified_index}"

    def _on_top(self, text: bytes) -> tuple[_Base, bytes]:
        """What is there now, and both texts, if the user wants to go on with them."""
        base = _read(self._client, self._key)
        if not base.index:
            return base, self._again(text)
        return base, self._again(marked(text, base.text, f"in the cluster, index {base.index}"))

    def _edited(self, shown: bytes) -> Path:
        """A file with what the user made of the text."""
        name = re.sub(r"[^\w.-]", "_", self._key.rsplit("/", 1)[-1])[-64:]
        handle, file = tempfile.mkstemp(f"-{name}", "vardctl-")
        path = Path(file)
        with os.fdopen(handle, "wb") as opened:
            opened.write(shown)
        self._kept.append(path)
        command = [*self._editor, file]
        try:
            with _interrupts_for_the_editor():
                status = subprocess.run(command, check=False).returncode
        except OSError as error:
            path.unlink()
            self._kept.pop()
            reason = f"cannot run the editor {shlex.join(self._editor)}: {error.strerror}"
            raise self._giving_up(failed(Exit.BAD_ARGUMENTS, reason)) from error
        if status:
            if path.read_bytes() == shown:
                path.unlink()
                self._kept.pop()
            reason = f"the editor ended with status {status}, nothing was written"
            raise self._giving_up(failed(Exit.BAD_ARGUMENTS, reason))
        return path

    def _write(self, base: _Base, value: bytes) -> Result:
        text = value.decode(errors="surrogateescape")
        ttl = self._ttl if self._ttl is not None else base.ttl_left()
        if not base.index:
            return self._client.set(self._key, text, ttl=ttl, prev_exist=False)
        return self._client.set(self._key, text, ttl=ttl, prev_index=base.index)

    def _again(self, shown: bytes) -> bytes:
        """The text to go on with, if the user wants to."""
        self._tell()
        if sys.stdin.isatty() and click.confirm("Edit again?", default=True, err=True):
            return shown
        raise Failed(Exit.SERVER_ERROR)

    def _giving_up(self, failure: Failed) -> Failed:
        complain(failure.message or "")
        self._tell()
        return Failed(failure.status)

    def _tell(self) -> None:
        for path in self._kept:
            complain(f"Your text is kept in {path}")


@contextlib.contextmanager
def _interrupts_for_the_editor() -> Iterator[None]:
    """What is typed to interrupt the editor does not end us, who have its text."""
    typed = (signal.SIGINT, signal.SIGQUIT)
    # A handler, unlike SIG_IGN, is not handed down to the editor.
    before = {number: signal.signal(number, lambda *_: None) for number in typed}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _editor(environ: Mapping[str, str]) -> list[str]:
    """The command of the user's editor; vi if there is no other."""
    for name in ("VISUAL", "EDITOR"):
        if environ.get(name, "").strip():
            try:
                return shlex.split(environ[name])
            except ValueError as error:
                raise failed(Exit.BAD_ARGUMENTS, f"cannot read ${name}: {error}") from error
    return ["vi"]
