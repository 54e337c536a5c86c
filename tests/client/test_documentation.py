"""The examples of docs/client.md, run as they stand but for the port."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

from tests.harness.processes import Server
from vard_http.client import Client, KeyNotFound

PAGE = (Path(__file__).parents[2] / "docs" / "client.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)

OUTPUT = [
    r"blue \d+\n/colours/sky grey\n",
    r"60\n",
    r"",
    r"set /colours/sky red\ndelete /colours/sky None\n",
    r"still ours\n",
    r"leads, with index \d+\nLeader\(value='host-1'.*\)\nthe leader is host-1\n",
]


def test_every_example_is_run() -> None:
    assert len(BLOCKS) == len(OUTPUT) == PAGE.count("```python")


@pytest.mark.parametrize(("block", "output"), list(zip(BLOCKS, OUTPUT, strict=True)))
def test_the_example_does_what_the_page_says(block: str, output: str, server: Server) -> None:
    url = server.endpoint.client_url
    program = block.replace("http://127.0.0.1:2379", url).replace("Client()", f'Client("{url}")')
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(program, "docs/client.md", "exec"), {"__name__": "example"})
    assert re.fullmatch(output, said.getvalue())
    with Client(url) as client, contextlib.suppress(KeyNotFound):
        client.delete("/colours", recursive=True)
