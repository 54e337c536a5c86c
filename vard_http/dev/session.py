"""One run of `vard-http dev`: what happens is shown, what is typed is done."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp
from rich.text import Text

from vard_http.dev import doing, loglines, status
from vard_http.dev.actions import WORDS_HELP, WORDS_HINT, Action, NotUnderstood, Verb, parse_words
from vard_http.dev.cluster import Cluster
from vard_http.dev.keys import KEYS_HELP, KEYS_HINT, Keys
from vard_http.dev.observing import Observer
from vard_http.dev.panel import panel
from vard_http.dev.plan import Plan
from vard_http.dev.screen import OWN, WRONG, Plain, Screen
from vard_http.dev.stopping import Stop
from vard_http.dev.tally import KEY, RATE, Tally
from vard_http.dev.telling import Teller, last_words
from vard_http.dev.terminal import Terminal
from vard_http.dev.view import Process
from vard_http.dev.writer import Writer

_LAST_WORDS: Final = 5


@dataclass(frozen=True)
class Options:
    """`level` is one of actions.LEVELS; `flags` are further ones for each node."""

    data_dir: Path
    plain: bool
    level: str
    flags: tuple[str, ...]


class Session:
    """Made inside the event loop, run once."""

    def __init__(
        self, plan: Plan, sockets: Sequence[socket.socket], options: Options, stop: Stop
    ) -> None:
        self._plan = plan
        self._options = options
        self._level = options.level
        self._names = {each.member_id: each.name for each in plan.endpoints}
        self._cluster = Cluster(
            plan, sockets, options.data_dir, options.flags, self._line, self._turned
        )
        self._view = self._cluster.view
        self._teller = Teller(self._cluster, self._say, WORDS_HINT if options.plain else KEYS_HINT)
        self._keys = Keys(self._view.matrix.nodes)
        self._writer: Writer | None = None
        self._writing: asyncio.Task[None] | None = None
        self._working: set[asyncio.Task[None]] = set()
        self._trouble: BaseException | None = None
        self._failed = False
        self._stop = stop
        self._screen: Screen

    async def run(self) -> int:
        """Until somebody ends it; returns the exit status. Raises OSError if nothing starts."""
        self._stop.at_once = self._cluster.kill
        if self._options.plain:
            self._screen = Plain(self._typed_line, self._stop.set)
        else:
            self._screen = Terminal(self._panel, self._typed_keys, self._stop.set)
        try:
            async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
                await self._live(http)
        finally:
            self._stop.set()
            self._say("Ending all nodes.")
            await self._cluster.end()
            self._screen.close()
        if self._trouble is not None:
            raise self._trouble
        return 1 if self._failed else 0

    async def _live(self, http: aiohttp.ClientSession) -> None:
        """Start all, and wait for the end; all other work goes on beside that."""
        observer = Observer(http, self._view, self._news)
        nodes = "1 node" if self._plan.nodes == 1 else f"{self._plan.nodes} nodes"
        self._writer = Writer(http, self._plan.endpoints, self._teller.outage)
        self._say(f"Starting {nodes}; data and logs: {self._options.data_dir}/")
        try:
            await self._cluster.start()
            for endpoint in self._plan.endpoints:
                self._work(observer.watch_raft(endpoint))
                self._work(observer.watch_health(endpoint))
            await self._stop.wait()
        finally:
            for task in self._working:
                task.cancel()
            await asyncio.gather(*self._working, return_exceptions=True)

    def _work(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._working.add(task)
        task.add_done_callback(self._worked)
        return task

    def _worked(self, task: asyncio.Task[None]) -> None:
        self._working.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._trouble = error
            self._stop.set()

    # What happens

    def _say(self, text: str, style: str = OWN) -> None:
        self._screen.say(text, style)

    def _line(self, number: int, text: str) -> None:
        line = loglines.parse(text, self._names)
        if loglines.shown(line, self._level):
            self._screen.log(number, line.text, serious=line.serious)

    def _turned(self, number: int) -> None:
        if self._stop.is_set():
            return
        member = self._cluster.members[number]
        self._teller.turned(member)
        self._screen.refresh()
        if member.process is Process.DOWN and not (member.asked or self._teller.was_ready):
            for line in last_words(member.log, _LAST_WORDS):
                self._say(f"  {line}", WRONG)
            self._failed = True
            self._stop.set()

    def _news(self) -> None:
        self._teller.news()
        self._screen.refresh()

    def _panel(self) -> list[Text]:
        tally = self._writer.tally if self._writer and self._writing else None
        return panel(self._view, self._plan, self._keys.chosen, tally, time.monotonic())

    # What is typed

    def _typed_line(self, line: str) -> None:
        try:
            leader = self._view.leader
            action = parse_words(line, self._view.nodes, leader[0] if leader else None)
        except NotUnderstood as error:
            self._say(str(error), WRONG)
        else:
            if action is not None:
                self._act(action)

    def _typed_keys(self, typed: str) -> None:
        try:
            for action in self._keys.feed(typed):
                self._act(action)
        except NotUnderstood as error:
            self._say(str(error), WRONG)
        self._screen.refresh()

    def _act(self, action: Action) -> None:
        match action.verb:
            case Verb.QUIT:
                self._stop.set()
            case Verb.HELP:
                self._say(WORDS_HELP if self._options.plain else KEYS_HELP)
            case Verb.STATUS:
                self._tell_status()
            case Verb.LOGS:
                self._level = action.argument or loglines.next_level(self._level)
                self._say(f"log lines shown: {self._level}")
            case Verb.WRITE:
                self._write(action.argument)
            case Verb.CHOOSE:
                pass
            case _:
                self._work(doing.do(self._cluster, action, self._say))

    def _tell_status(self) -> None:
        self._say(status.summary(self._view))
        for endpoint in self._plan.endpoints:
            self._say("  " + status.row(self._view, endpoint))
        if self._writer and self._writing:
            self._say(status.writing(self._writer.tally, time.monotonic()))

    def _write(self, wish: str) -> None:
        """Begin to write, or stop; without a wish the other of the two."""
        if self._writing is None and wish != "off" and self._writer:
            self._writer.tally = Tally(time.monotonic())
            self._writing = self._work(self._writer.run())
            self._say(f"writing to {KEY}, {RATE} times a second")
        elif self._writing is not None and wish != "on" and self._writer:
            self._writing.cancel()
            self._writing = None
            self._say("no more writes; " + status.writing(self._writer.tally, time.monotonic()))
