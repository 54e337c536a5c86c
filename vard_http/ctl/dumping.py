"""`vardctl dump`: a subtree as a file."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click

from vard_http.ctl.completion.keys import complete_key
from vard_http.ctl.console import complain, error_console
from vard_http.ctl.failures import Exit, failed
from vard_http.ctl.session import Session, pass_session
from vard_http.ctl.subtree.document import Document, Form, write_document
from vard_http.ctl.subtree.reading import Reading, Source, now_in_utc, read_subtree
from vard_http.ctl.subtree.tree import counted, is_within, path_of, readable

_SHOWN = 10


@click.command()
@click.argument("key", default="/", shell_complete=complete_key)
@click.option(
    *("--format", "-f", "form"),
    type=click.Choice(["json", "yaml"]),
    help="[default: yaml for a FILE named .yaml or .yml, else json]",
)
@click.option(
    *("--output", "-o"),
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where to, in place of standard output; only its owner may read it.",
)
@click.option(
    "--source",
    type=click.Choice(["auto", "backup", "listing"]),
    default="auto",
    help="Where the nodes come from: `backup` is exact, and needs vard_http and, with auth on, a"
    " user with role root; `listing` is what every server shows; `auto` is the best there is.",
)
@click.option(
    "--hidden",
    multiple=True,
    shell_complete=complete_key,
    metavar="KEY",
    help="A hidden node that belongs to the dump, where servers only list. May be repeated.",
)
@pass_session
def dump(
    session: Session,
    key: str,
    form: Form | None,
    output: Path | None,
    source: Source,
    hidden: Sequence[str],
) -> None:
    """Write KEY and all below it as JSON or YAML, for `vardctl load`.

    Directories, TTLs with the seconds that are left, hidden nodes and bytes that are no text are
    in it. Where the server cannot tell all of that, what is missing is said.
    """
    if form is None:
        form = "yaml" if output is not None and output.suffix in (".yaml", ".yml") else "json"
    top, named = path_of(key), [path_of(each) for each in hidden]
    for path in named:
        if not is_within(path, top):
            reason = f"--hidden {readable(path)} is not below {readable(top)}"
            raise failed(Exit.BAD_ARGUMENTS, reason)
    with error_console().status(f"reading {readable(top)}"):
        reading = read_subtree(session.client, top, source=source, hidden=named)
        exact = not reading.why_not_exact
        document = Document(top, reading.tree, reading.index, now_in_utc(), exact)
        text = write_document(document, form)
    if output is None:
        sys.stdout.buffer.write(text)
        sys.stdout.buffer.flush()
    else:
        _write(output, text)
        number = counted(len(reading.tree), "node", "nodes")
        complain(f"{output}: {number} of {readable(top)}")
    _say_what_is_missing(reading)


def _write(path: Path, text: bytes) -> None:
    """Puts a whole file in place, or none. Raises Failed."""
    try:
        _replace(path, text)
    except OSError as error:
        raise failed(Exit.BAD_ARGUMENTS, f"{path}: {error.strerror}") from error


def _replace(path: Path, text: bytes) -> None:
    handle, name = tempfile.mkstemp(".partial", f".{path.name}.", path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _say_what_is_missing(reading: Reading) -> None:
    if not reading.why_not_exact:
        return
    complain(
        f"Not exact, as {reading.why_not_exact}: hidden nodes, whose names begin with _, are"
        " missing but for those named with --hidden"
    )
    if doubtful := reading.doubtful:
        shown = ", ".join(map(readable, doubtful[:_SHOWN]))
        complain(
            f"{counted(len(doubtful), 'node holds', 'nodes hold')} U+FFFD, which servers show for"
            f" bytes that are not UTF-8: {shown}{', ...' if len(doubtful) > _SHOWN else ''}"
        )
