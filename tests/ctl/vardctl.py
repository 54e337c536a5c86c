"""`vardctl` in the place of etcdctl, and where it may print something else."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import replace

from tests.clients.etcdctl import Command, Etcdctl, Outcome
from tests.ctl.inside import run_alone

_HELP = re.compile(r"(NAME|Usage):")
_VERSION = re.compile(r"\w+ctl version: [\w.]+")


class VardctlProcess(Etcdctl):
    """A client of one cluster that is started for every command."""

    def _program(self) -> Sequence[str]:
        return [sys.executable, "-m", "vard_http.ctl"]


class Vardctl(VardctlProcess):
    """The same, but only what waits for events is a process of its own, for it takes 0.1 s."""

    def run(self, command: Command) -> Outcome:
        ran = run_alone(self._arguments(command), self._environment(), command.stdin.encode())
        return self._outcome(command, ran.status, ran.out, ran.err)


def comparable(outcome: Outcome) -> Outcome:
    """Without what `vardctl` prints in another way than etcdctl, on purpose.

    Help pages are its own: it has more commands and another name. So is its version. It does not
    run stty to turn off the echo of what is no terminal, and so has no complaints of stty.
    """
    shown = [_VERSION.sub("<version>", line) for line in outcome.stdout]
    page = next((at for at, line in enumerate(shown) if _HELP.match(line)), None)
    if page is not None:
        shown[page:] = ["<help>\n"]
    told = [line for line in outcome.stderr if not line.startswith("stty: ")]
    return replace(outcome, stdout=tuple(shown), stderr=tuple(told))
