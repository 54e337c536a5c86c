"""Search scopes to their end: python -m tests.verification.model --scope NAME --wide."""

from __future__ import annotations

import argparse
import sys

import msgspec

from tests.verification.model.scope import Scope
from tests.verification.model.scopes import SCOPES
from tests.verification.model.search import Explored, explore
from tests.verification.model.world import Left


def wider(scope: Scope) -> Scope:
    """`scope` with the bounds for when there is time."""
    return msgspec.structs.replace(scope, bounds=scope.wider, terms=scope.wider_terms)


def bounded(scope: Scope, bounds: list[str]) -> Scope:
    """`scope` with other bounds: NAME=NUMBER of `Left`, or terms=NUMBER."""
    for bound in bounds:
        name, _, number = bound.partition("=")
        if name == "terms":
            scope = msgspec.structs.replace(scope, terms=int(number))
        elif name in Left._fields:
            left = scope.bounds._replace(**{name: int(number)})
            scope = msgspec.structs.replace(scope, bounds=left)
        else:
            raise SystemExit(f"no bound {name}: terms, {', '.join(Left._fields)}")
    return scope


def spelled(scope: Scope) -> str:
    """The bounds that are not 0."""
    counts = {name: count for name, count in scope.bounds._asdict().items() if count}
    return ", ".join(f"{name}={count}" for name, count in {"terms": scope.terms, **counts}.items())


def figures(explored: Explored) -> str:
    return (
        f"{explored.states} distinct states, {explored.transitions} transitions,"
        f" depth {explored.depth}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.verification.model", description=__doc__)
    parser.add_argument("--scope", choices=SCOPES, action="append", help="all, unless given")
    parser.add_argument("--bounds", nargs="*", default=[], metavar="NAME=NUMBER")
    parser.add_argument("--wide", action="store_true", help="the bounds for when there is time")
    parser.add_argument("--limit", type=int, default=0, help="stop after so many states")
    parser.add_argument("--progress", action="store_true", help="tell each depth")
    options = parser.parse_args()
    failures = 0
    for name in options.scope or SCOPES:
        scope = wider(SCOPES[name]) if options.wide else SCOPES[name]
        scope = bounded(scope, options.bounds)
        print(f"{name}: {scope.about}\n  {spelled(scope)}", flush=True)
        tell = (lambda e: print(f"  ... {figures(e)}", flush=True)) if options.progress else None
        explored = explore(scope, options.limit, tell)
        if explored.violation is not None:
            failures += 1
            print(explored.story)
        end = "all of them" if explored.finished else "not all"
        print(f"  {figures(explored)} ({end})", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
