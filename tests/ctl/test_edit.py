"""`vardctl edit` with editors that are scripts: no text is lost, and no foreign write either."""

from __future__ import annotations

import shlex
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ctl.inside import Ran, run
from tests.harness.processes import Server, start_server
from vard_http.client import Client, KeyNotFound


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with start_server("vard") as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with Client(server.endpoint.client_url) as client:
        client.set("/conf/app.yaml", "port: 1\nhost: a")
        yield client


class _Desk:
    """Somebody who edits /conf/app.yaml, and where the files are that they edit."""

    def __init__(self, server: Server, directory: Path, patch: pytest.MonkeyPatch) -> None:
        self._server = server
        self._patch = patch
        self._script = directory / "editor.py"
        self._files = directory / "files"
        self._files.mkdir()
        patch.setattr(tempfile, "tempdir", str(self._files))
        patch.delenv("VISUAL", raising=False)

    def edit(self, script: str, *arguments: str, typed: str = "", at_desk: bool = True) -> Ran:
        """Edits with a script, whose `text` and `path` are the file's, `others` a foreign write."""
        self._script.write_text(_PREAMBLE.format(url=self._server.endpoint.client_url) + script)
        self._patch.setenv("EDITOR", shlex.join([sys.executable, "-IS", str(self._script)]))
        key = arguments or ("/conf/app.yaml",)
        return run(self._server, "edit", *key, stdin=typed.encode(), answers=at_desk)

    def kept(self) -> list[str]:
        """What the files hold that are left."""
        return [path.read_text() for path in sorted(self._files.iterdir())]


_PREAMBLE = """
import sys, pathlib, urllib.request
path = pathlib.Path(sys.argv[1])
text = path.read_text()

def others(method, value):
    target = "{url}/v2/keys/conf/app.yaml?value=" + value
    urllib.request.urlopen(urllib.request.Request(target, method=method)).read()

"""


@pytest.fixture
def desk(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> _Desk:
    return _Desk(server, tmp_path, monkeypatch)


def test_what_was_edited_is_written(client: Client, desk: _Desk) -> None:
    before = client.get("/conf/app.yaml").node

    ran = desk.edit("path.write_text(text.replace('1', '2'))")

    after = client.get("/conf/app.yaml").node
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == f"/conf/app.yaml: written, index {after.modified_index}\n"
    assert after.value == "port: 2\nhost: a"
    assert (after.created_index, desk.kept()) == (before.created_index, [])


def test_what_was_not_edited_is_not_written(client: Client, desk: _Desk) -> None:
    before = client.get("/conf/app.yaml").node

    ran = desk.edit("path.write_text(text)")

    assert (ran.status, ran.out) == (0, "/conf/app.yaml: not changed, nothing written\n")
    assert client.get("/conf/app.yaml").node == before
    assert desk.kept() == []


def test_the_file_is_named_as_the_key_for_editors_that_look_at_names(
    client: Client, desk: _Desk
) -> None:
    desk.edit("path.write_text(path.suffix)")

    assert client.get("/conf/app.yaml").node.value == ".yaml"


def test_a_key_that_is_not_there_is_created(client: Client, desk: _Desk) -> None:
    client.delete("/conf", recursive=True)

    ran = desk.edit("path.write_text('new' + text)")

    assert ran.out.startswith("/conf/app.yaml: created, index ")
    assert client.get("/conf/app.yaml").node.value == "new"


def test_a_new_key_left_empty_is_not_created(client: Client, desk: _Desk) -> None:
    client.delete("/conf", recursive=True)

    assert desk.edit("pass").out == "/conf/app.yaml: not changed, nothing written\n"
    with pytest.raises(KeyNotFound):
        client.get("/conf/app.yaml")


def test_a_ttl_goes_on_running_down(client: Client, desk: _Desk) -> None:
    client.set("/conf/app.yaml", "x", ttl=500)

    desk.edit("path.write_text('y')")
    assert 490 <= (client.get("/conf/app.yaml").node.ttl or 0) <= 500
    desk.edit("path.write_text('z')", "--ttl", "50", "/conf/app.yaml")
    assert 40 <= (client.get("/conf/app.yaml").node.ttl or 0) <= 50


def test_a_foreign_write_is_not_lost_and_neither_is_the_text(client: Client, desk: _Desk) -> None:
    ran = desk.edit("others('PUT', 'theirs'); path.write_text('mine')", at_desk=False)

    assert ran.status == 4
    assert "/conf/app.yaml: somebody else changed it meanwhile (101: Compare failed" in ran.err
    assert "Your text is kept in " in ran.err
    assert client.get("/conf/app.yaml").node.value == "theirs"
    assert desk.kept() == ["mine"]


def test_a_key_that_somebody_else_removed_or_created_is_a_conflict_too(
    client: Client, desk: _Desk
) -> None:
    ran = desk.edit("others('DELETE', ''); path.write_text('mine')", at_desk=False)
    assert (ran.status, "100: Key not found" in ran.err) == (4, True)
    ran = desk.edit("others('PUT', 'theirs'); path.write_text('mine')", at_desk=False)
    assert (ran.status, "105: Key already exists" in ran.err) == (4, True)
    assert desk.kept() == ["mine", "mine"]


def test_one_may_edit_again_on_top_of_what_is_there_now(client: Client, desk: _Desk) -> None:
    script = """
if '<<<' not in text:
    others('PUT', 'port:+1%0Ahost:+theirs')
    path.write_text(text.replace('1', '2'))
else:
    path.write_text('both of:\\n' + text.replace('<<<<<<< yours', '').replace('>>>>>>>', ''))
"""
    ran = desk.edit(script, typed="y\n")

    index = client.get("/conf/app.yaml").node.modified_index
    assert ran.out == f"/conf/app.yaml: written, index {index}\n"
    assert client.get("/conf/app.yaml").node.value == (
        "both of:\n"
        "\nport: 2\nhost: a\n=======\nport: 1\nhost: theirs\n"
        f" in the cluster, index {index - 1}"
    )
    assert desk.kept() == []


def test_marks_that_are_left_are_not_written(client: Client, desk: _Desk) -> None:
    script = "'<<<' in text or (others('PUT', 'theirs'), path.write_text('mine'))"

    ran = desk.edit(script, typed="y\nn\n")

    assert ran.status == 4
    assert "marks of the conflict are left in your text" in ran.err
    assert client.get("/conf/app.yaml").node.value == "theirs"
    assert "mine" in desk.kept()
    assert len(desk.kept()) == 2


def test_what_interrupts_the_editor_does_not_end_the_edit(client: Client, desk: _Desk) -> None:
    script = """
import os, signal
signal.signal(signal.SIGINT, lambda *_: path.write_text("interrupted"))
os.kill(os.getppid(), signal.SIGINT)
os.kill(os.getpid(), signal.SIGINT)
"""
    assert desk.edit(script).status == 0
    assert client.get("/conf/app.yaml").node.value == "interrupted"


def test_an_editor_that_fails_writes_nothing_and_loses_nothing(client: Client, desk: _Desk) -> None:
    ran = desk.edit("path.write_text('mine'); sys.exit(3)")

    assert ran.status == 1
    assert "the editor ended with status 3, nothing was written" in ran.err
    assert client.get("/conf/app.yaml").node.value == "port: 1\nhost: a"
    assert desk.kept() == ["mine"]


def test_an_editor_that_is_not_there_leaves_nothing(
    client: Client, desk: _Desk, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", "/no/such/editor -w")

    ran = run(server, "edit", "/conf/app.yaml")

    assert ran.status == 1
    assert ran.err == (
        "Error:  cannot run the editor /no/such/editor -w: No such file or directory\n"
    )
    assert desk.kept() == []


def test_a_refused_write_keeps_the_text(client: Client, desk: _Desk) -> None:
    ran = desk.edit("path.write_text('m' * 11_000_000)")

    assert ran.status == 4
    assert "210: Invalid POST form (http: POST too large)" in ran.err
    assert [len(text) for text in desk.kept()] == [11_000_000]


@pytest.mark.parametrize("key", ["/conf", "/"])
def test_a_directory_has_nothing_to_edit(client: Client, desk: _Desk, key: str) -> None:
    ran = desk.edit("", key)

    assert ran.err == f"Error:  {key} is a directory, which has no value to edit\n"


def test_bytes_that_would_be_lost_are_not_edited_unasked(client: Client, desk: _Desk) -> None:
    client.set("/conf/app.yaml", "a\udcff")

    ran = desk.edit("path.write_text('x')")
    assert (ran.status, "U+FFFD" in ran.err) == (4, True)
    ran = desk.edit("path.write_text('x')", "--force", "/conf/app.yaml")
    assert (ran.status, client.get("/conf/app.yaml").node.value) == (0, "x")
