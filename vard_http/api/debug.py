"""/debug/vars (contract 15)."""

from __future__ import annotations

import gc
import resource
import sys
from pathlib import Path

import orjson

from vard_http.api.answers import JSON, Answer
from vard_http.api.request import Request
from vard_http.api.service import Service
from vard_http.node import raft_status

_CONTENT_TYPE = (b"Content-Type", JSON + b"; charset=utf-8")


async def debug_vars(service: Service, _: Request) -> Answer:
    """GET /debug/vars: one member a line."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    variables = {
        "cmdline": sys.argv,
        "file_descriptor_limit": soft,
        "memstats": _memory(),
        "raft.status": raft_status(service.node.raft),
    }
    lines = ",\n".join(f'"{name}": {_json(value)}' for name, value in variables.items())
    return Answer(200, (_CONTENT_TYPE,), f"{{\n{lines}\n}}\n".encode())


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def _memory() -> dict[str, object]:
    """What Python knows of its memory, under Go's names; the rest of Go's are left out."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()
    return {
        "Sys": int(pages[1]) * resource.getpagesize(),
        "HeapObjects": sys.getallocatedblocks(),
        "NumGC": sum(generation["collections"] for generation in gc.get_stats()),
        "EnableGC": gc.isenabled(),
        "DebugGC": bool(gc.get_debug()),
    }
