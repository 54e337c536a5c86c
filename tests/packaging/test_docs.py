"""The documentation is true: examples print what it says, names exist, links lead somewhere."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml

from tests.harness.processes import Server, start_server
from tests.packaging.distributions import ROOT
from tests.packaging.examples import examples, lasting, run, same
from vard_http.api.endpoints import ENDPOINTS

DOCS = ROOT / "docs"
PACKAGE = ROOT / "vard_http"
PAGES = ("README.md", "docs/api.md", "docs/five-minutes.md")
JSON = {"Content-Type": "application/json"}
ROOT_USER = {"Authorization": "Basic cm9vdDpzZWNyZXQ="}
CLOSED = (
    ("PUT", "/v2/auth/users/root", b'{"user":"root","password":"secret"}'),
    ("PUT", "/v2/auth/enable", None),
    (
        "PUT",
        "/v2/auth/roles/guest",
        b'{"role":"guest","revoke":{"kv":{"read":["/*"],"write":["/*"]}}}',
    ),
)
"""What makes a member ask for a user: root's password is `secret`."""
REFERENCE = re.compile(r"`([\w/]+\.py):([\w.]+)`")


@pytest.mark.skipif(shutil.which("curl") is None, reason="the examples are curl's")
@pytest.mark.parametrize("page", PAGES)
def test_the_examples_of_a_page_print_what_it_says(page: str) -> None:
    text = (ROOT / page).read_text()
    with start_server("vard") as server:
        for example in examples(text):
            printed = run(example.command, server)
            told = f"{page}:{example.line + 1}: {example.command}\n{lasting(printed)}"
            assert same(example.answer, printed), told


def test_every_endpoint_has_an_example() -> None:
    commands = " ".join(one.command for one in examples((DOCS / "api.md").read_text()))
    paths = {path.decode() for path in (*ENDPOINTS, b"/v2/keys/", b"/v2/members/leader")}
    assert {path for path in paths if f":2379{path.rstrip('/')}" not in commands} == set()


def test_the_errors_of_the_api_have_the_statuses_of_the_contract() -> None:
    row = re.compile(r"^\| (\d{3}) \| (\d{3}) \|", re.MULTILINE)
    told, contract = (
        dict(row.findall((DOCS / page).read_text())) for page in ("api.md", "etcd-v2-contract.md")
    )
    assert len(told) >= 10
    assert told.items() <= contract.items()


def test_what_is_open_without_a_user_is_what_the_page_on_security_says() -> None:
    text = (DOCS / "security.md").read_text()
    listed = re.search(r"^- Rights are for paths(.*?)\[The page\]", text, re.DOTALL | re.MULTILINE)
    assert listed is not None
    with start_server("vard") as server:
        with server.connect() as connection:
            for method, path, body in CLOSED:
                answer = connection.request(method, path, JSON | ROOT_USER, body)
                assert answer.status in (200, 201), answer
        answers = {path: _without_a_user(server, path) for path in map(bytes.decode, ENDPOINTS)}
    open_to_all = {path for path, status in answers.items() if status < 400}
    assert {path.rstrip("/") for path in open_to_all} == set(re.findall(r"`(/.*?)`", listed[1]))


def _without_a_user(server: Server, path: str) -> int:
    method, body = ("PUT", b'{"Level":"INFO"}') if path == "/config/local/log" else ("GET", None)
    with server.connect() as connection:
        return connection.request(method, path, {}, body).status


@cache
def names_in(file: str) -> frozenset[str]:
    """What a module defines: `function`, `Class`, `Class.method`."""
    found = set()
    for node in ast.parse((PACKAGE / file).read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            inside = (one for one in node.body if isinstance(one, ast.FunctionDef))
            found.update(f"{node.name}.{one.name}" for one in inside)
    return frozenset(found)


def test_the_code_that_the_tour_of_raft_points_to_is_there() -> None:
    references = REFERENCE.findall((DOCS / "raft-tour.md").read_text())
    assert len(references) > 50
    assert [f"{file}:{name}" for file, name in references if name not in names_in(file)] == []


def test_the_files_that_the_tour_of_raft_names_are_there() -> None:
    text = (DOCS / "raft-tour.md").read_text()
    files = set(re.findall(r"`(\w+/[\w/]+\.py)`", text))
    assert {file for file in files if not (PACKAGE / file).exists()} == set()
    modules = {f"raft/{path.name}" for path in (PACKAGE / "raft").glob("[a-z]*.py")}
    assert {module for module in modules if module not in text} == set()


def test_the_patches_of_the_first_change_fit() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    patches = re.findall(r"^    git apply <<'END'\n(.*?)^    END\n", text, re.DOTALL | re.MULTILINE)
    assert len(patches) == 3
    for patch in patches:
        command = ("git", "apply", "--check", "-")
        typed = re.sub(r"^    ", "", patch, flags=re.MULTILINE)
        done = subprocess.run(command, cwd=ROOT, input=typed, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", ["README.md", "CHANGELOG.md", "CONTRIBUTING.md"])
def test_the_links_of_a_page_beside_the_site_lead_to_files(page: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / page).read_text())
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    command = (sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    pages = {path.relative_to(DOCS).with_suffix(".html") for path in DOCS.rglob("*.md")}
    assert {page for page in pages if not (tmp_path / page).exists()} == set()


def test_the_site_loads_nothing_from_elsewhere() -> None:
    theme = yaml.safe_load((ROOT / "mkdocs.yml").read_text())["theme"]
    assert (theme["name"], theme["highlightjs"]) == ("readthedocs", False)
