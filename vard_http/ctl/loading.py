"""`vardctl load`: a file of `vardctl dump` into a cluster."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import BinaryIO

import click

from vard_http.client import Client, KeyNotFound
from vard_http.ctl.completion.keys import complete_key
from vard_http.ctl.console import complain, error_console, say
from vard_http.ctl.failures import Exit, Failed, failed
from vard_http.ctl.session import Session, pass_session
from vard_http.ctl.subtree.document import Document, DocumentError, Form, read_document
from vard_http.ctl.subtree.plan import Mode, Plan, Step, make_plan
from vard_http.ctl.subtree.reading import read_subtree
from vard_http.ctl.subtree.tree import Tree, counted, hidden_tops, moved, parents, path_of, readable
from vard_http.ctl.subtree.writing import Tried, carry_out


@click.command()
@click.argument("file", type=click.File("rb"), default="-")
@click.option(
    "--to",
    metavar="KEY",
    shell_complete=complete_key,
    help="Where to. [default: the key that was dumped]",
)
@click.option(
    "--mode",
    type=click.Choice(["create", "overwrite", "replace"]),
    default="create",
    show_default=True,
    help="create: nothing that is there is changed; if something is there and different, nothing"
    " is written. overwrite: values and TTLs are changed too. replace: what the file does not have"
    " is removed too.",
)
@click.option(
    *("--format", "-f", "form"),
    type=click.Choice(["json", "yaml"]),
    help="[default: by the first character of the file]",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@pass_session
def load(
    session: Session,
    file: BinaryIO,
    to: str | None,
    mode: Mode,
    form: Form | None,
    dry_run: bool,
) -> None:
    """Put what `vardctl dump` wrote to FILE into the cluster.

    Nodes are compared first, and what is there already is not written again, so that a load that
    was interrupted can be repeated. Each write is made only if nobody else changed its node since.
    TTLs begin with the seconds that the file tells. The status is 0 only if the cluster then holds
    all that is in FILE.
    """
    document = _read(file, form)
    top = document.key if to is None else path_of(to)
    wanted = _moved(document, top)
    with error_console().status(f"reading {readable(top)}"):
        found, why_not_exact = _found(session.client, top, wanted)
    if not document.exact:
        found = _without_unknown(found, wanted)
    plan = make_plan(wanted, found, mode)
    _say_plan(plan, dry_run=dry_run)
    if mode == "replace" and (why_not_exact or not document.exact):
        reason = why_not_exact or "the file was made of a listing, which does not have them"
        complain(f"Hidden nodes that the file does not name stay: {reason}")
    if plan.conflicts:
        raise _in_the_way(plan, mode)
    if not dry_run and any(plan.phases):
        _load(session.client, plan)


def _read(file: BinaryIO, form: Form | None) -> Document:
    try:
        return read_document(file.read(), form)
    except DocumentError as error:
        raise failed(Exit.BAD_ARGUMENTS, f"{file.name}: {error}") from error


def _moved(document: Document, top: bytes) -> Tree:
    """The nodes with the paths they are to have."""
    tree = moved(document.tree, document.key, top)
    here = document.tree.get(document.key)
    if top == b"/" and here is not None:
        if not here.is_directory:
            raise failed(Exit.BAD_ARGUMENTS, "the file holds one key: --to must name a key")
        if here.ttl is not None:
            complain(f"The TTL of {readable(document.key)} is left out: the root cannot have one")
    return tree


def _found(client: Client, top: bytes, wanted: Tree) -> tuple[Tree, str]:
    """What the cluster has at `top` now, and why that may not be all."""
    try:
        reading = read_subtree(client, top, hidden=hidden_tops(wanted))
    except KeyNotFound:
        return {}, ""
    return reading.tree, reading.why_not_exact


def _without_unknown(found: Tree, wanted: Tree) -> Tree:
    """Without the hidden nodes that a file cannot know, and the directories they keep alive."""
    unknown = {path for path in found if path not in wanted and hidden_tops({path: found[path]})}
    unknown.update(above for path in list(unknown) for above in parents(path))
    return {p: entry for p, entry in found.items() if p in wanted or p not in unknown}


def _say_plan(plan: Plan, *, dry_run: bool) -> None:
    """What will be done; on standard output if saying it is all that is wanted."""
    if dry_run:
        for step in plan.steps:
            say(_named(step))
    for conflict in plan.conflicts:
        complain(f"in the way: {readable(conflict.path)} {conflict.reason}")
    counts = Counter(step.action for step in plan.steps)
    parts = [f"{counts[action]} to {action}" for action in ("create", "change", "remove")]
    parts.append(f"{plan.unchanged} there already")
    if plan.extra:
        parts.append(f"{plan.extra} only in the cluster")
    complain(", ".join(parts))


def _in_the_way(plan: Plan, mode: Mode) -> Failed:
    advice = {
        "create": "; --mode overwrite changes values and TTLs",
        "overwrite": "; --mode replace removes what is in the way",
    }.get(mode, "")
    number = counted(len(plan.conflicts), "node is", "nodes are")
    return failed(Exit.SERVER_ERROR, f"{number} in the way, nothing written{advice}")


def _load(client: Client, plan: Plan) -> None:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    total = sum(map(len, plan.phases))
    tried: list[Tried] = []
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = error_console()
    try:
        with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
            task = progress.add_task("", total=total)
            for each in carry_out(client, plan.phases):
                tried.append(each)
                progress.advance(task)
    except KeyboardInterrupt:
        complain("Interrupted; what was being written may be there. Load it again to go on")
        raise
    finally:
        _tell(tried, total)
    if len(tried) < total or any(each.error for each in tried):
        raise Failed(Exit.SERVER_ERROR)


def _tell(tried: Sequence[Tried], total: int) -> None:
    failures = [(each.step, each.error) for each in tried if each.error is not None]
    for step, error in failures:
        complain(f"{_named(step)}: {readable(str(error).encode())}")
    parts = [f"{len(tried) - len(failures)} done"]
    if failures:
        parts.append(f"{len(failures)} failed")
    if len(tried) < total:
        parts.append(f"{total - len(tried)} not tried")
    complain(", ".join(parts))


def _named(step: Step) -> str:
    return f"{step.action} {readable(step.path)}"
