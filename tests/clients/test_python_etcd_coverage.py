"""Whether all that python-etcd offers occurs in the tests of it."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import etcd
import etcd.auth
import etcd.client
import etcd.lock
import pytest

MODULES = (etcd, etcd.auth, etcd.client, etcd.lock)

UNTRIED = {
    "EtcdAuthBase": "what EtcdUser and EtcdRole have in common",
    "EtcdResult": "what every method of Client returns",
    "parse_headers": "called for every EtcdResult: sets its indexes",
}


def offered(module: ModuleType) -> Iterator[str]:
    """The public classes of a module, and their public methods and properties."""
    for name, found in vars(module).items():
        if inspect.isclass(found) and found.__module__.startswith("etcd"):
            yield name
            for each in found.__mro__:
                if each.__module__.startswith("etcd"):
                    yield from (member for member in vars(each) if not member.startswith("_"))


def options() -> set[str]:
    """What Client() and its methods take by keyword."""
    client = etcd.Client
    named = set(inspect.signature(client).parameters)
    return named.union(client._comparison_conditions, client._read_options, client._del_conditions)


@pytest.fixture(scope="module")
def trees() -> list[ast.AST]:
    names = ("test_python_etcd.py", "test_python_etcd_connections.py")
    return [ast.parse(Path(__file__).with_name(name).read_text()) for name in names]


def test_every_class_method_and_property_is_tried(trees: list[ast.AST]) -> None:
    everything = {name for module in MODULES for name in offered(module)}
    nodes = [node for tree in trees for node in ast.walk(tree)]
    tried = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    assert everything - tried == UNTRIED.keys()
    assert len(everything) > 60


def test_every_option_is_given(trees: list[ast.AST]) -> None:
    nodes = [node for tree in trees for node in ast.walk(tree)]
    given = {node.arg for node in nodes if isinstance(node, ast.keyword)}
    assert sorted(options() - given) == []
