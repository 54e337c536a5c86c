"""The file that `vardctl dump` writes and `vardctl load` reads, as JSON or YAML."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec
import yaml

from vard_http.ctl.subtree.tree import Entry, Tree, clean, is_within, parents, readable

try:
    from yaml import CBaseLoader as _BaseLoader
    from yaml import CSafeDumper as _SafeDumper
except ImportError:  # PyYAML was built without libyaml: the same, but ten times slower
    from yaml import BaseLoader as _BaseLoader  # type: ignore[assignment]
    from yaml import SafeDumper as _SafeDumper  # type: ignore[assignment]

Form = Literal["json", "yaml"]

FORMAT: Final = "vardctl-dump"
VERSION: Final = 1

_UNSET: Final = msgspec.UNSET
_Text = str | msgspec.UnsetType
_Base64 = bytes | msgspec.UnsetType


class DocumentError(Exception):
    """A file is no dump, or one that cannot be loaded. The text says where and why."""


class Document(msgspec.Struct, frozen=True):
    """A subtree, the key at its top, and where it comes from.

    `index` is the etcd index at which it was read, `taken` the time (RFC 3339). `exact` is False if
    the server could only list: hidden nodes, and bytes that are not UTF-8, may be missing.
    """

    key: bytes
    tree: Tree
    index: int = 0
    taken: str = ""
    exact: bool = True


class _Node(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    key: _Text = _UNSET
    key_base64: _Base64 = _UNSET
    dir: bool = False
    value: _Text = _UNSET
    value_base64: _Base64 = _UNSET
    ttl: int | msgspec.UnsetType = _UNSET


class _Head(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    format: str
    version: int
    key: _Text = _UNSET
    key_base64: _Base64 = _UNSET
    index: int = 0
    taken: str = ""
    exact: bool | msgspec.UnsetType = _UNSET


class _File(_Head):
    nodes: list[_Node] = msgspec.field(default_factory=list)


def write_document(document: Document, form: Form) -> bytes:
    """The file, UTF-8 text with one node after the other, parents first."""
    exact = document.exact
    head = _Head(FORMAT, VERSION, index=document.index, taken=document.taken, exact=exact)
    _put(head, "key", document.key)
    nodes = [_written(path, document.tree[path]) for path in sorted(document.tree)]
    return _write_json(head, nodes) if form == "json" else _write_yaml(head, nodes)


def read_document(text: bytes, form: Form | None = None) -> Document:
    """The content of a file; without a `form` its first character tells JSON from YAML.

    Raises DocumentError.
    """
    if form is None:
        form = "json" if text.lstrip()[:1] == b"{" else "yaml"
    file = _read_json(text) if form == "json" else _read_yaml(text)
    if file.format != FORMAT:
        raise DocumentError(f"not a dump: its format is {file.format!r}, not {FORMAT!r}")
    if file.version != VERSION:
        raise DocumentError(f"of version {file.version}; this program knows version {VERSION}")
    key = _path("the file", file)
    tree = _tree(key, file.nodes)
    return Document(key, tree, file.index, file.taken, file.exact is not False)


def _put(record: _Head | _Node, name: str, content: bytes) -> None:
    """Set a field to text, or to Base64 what is not UTF-8."""
    try:
        setattr(record, name, content.decode())
    except UnicodeDecodeError:
        setattr(record, f"{name}_base64", content)


def _written(path: bytes, entry: Entry) -> _Node:
    node = _Node(dir=entry.is_directory)
    _put(node, "key", path)
    if entry.value is not None:
        _put(node, "value", entry.value)
    if entry.ttl is not None:
        node.ttl = entry.ttl
    return node


def _write_json(head: _Head, nodes: list[_Node]) -> bytes:
    """A node a line, so that files can be compared and searched line by line."""
    encode = msgspec.json.encode
    lines = b",\n".join(map(encode, nodes))
    between = b"\n" if lines else b""
    return encode(head)[:-1] + b',"nodes":[' + between + lines + between + b"]}\n"


class _Dumper(_SafeDumper):
    """Writes texts of several lines as such."""


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    lines = text.split("\n")
    # Where there is more than plain text, only escapes bring it back with every implementation.
    style = '"' if not all(map(str.isprintable, lines)) else "|" if len(lines) > 1 else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def _write_yaml(head: _Head, nodes: list[_Node]) -> bytes:
    content: dict[str, Any] = msgspec.to_builtins(head)
    content["nodes"] = msgspec.to_builtins(nodes)
    return yaml.dump(
        content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, encoding="utf-8", width=100
    )


def _read_json(text: bytes) -> _File:
    try:
        return msgspec.json.decode(text, type=_File)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DocumentError(f"not a dump in JSON: {error}") from error


def _read_yaml(text: bytes) -> _File:
    """Takes every plain scalar as text, so that `value: 8080` means those four characters."""
    try:
        content = yaml.load(text, Loader=_BaseLoader)
        return msgspec.convert(content, _File, strict=False)
    except yaml.YAMLError as error:
        raise DocumentError(f"not a dump in YAML: {error}") from error
    except (msgspec.ValidationError, UnicodeDecodeError, RecursionError) as error:
        raise DocumentError(f"not a dump in YAML: {error}") from error


def _tree(top: bytes, nodes: list[_Node]) -> Tree:
    tree: Tree = {}
    for number, node in enumerate(nodes, 1):
        path = _path(f"node {number}", node)
        where = f"node {number}, {readable(path)},"
        if path == b"/":
            raise DocumentError(f"{where} is the root, which is always there: leave it out")
        if not is_within(path, top):
            raise DocumentError(f"{where} is not below {readable(top)}, the key of the file")
        if path in tree:
            raise DocumentError(f"{where} is there twice")
        tree[path] = _entry(where, node)
    for path in tree:
        for parent in parents(path):
            if parent in tree and not tree[parent].is_directory:
                raise DocumentError(f"{readable(parent)} has a value, and nodes below it")
    return tree


def _path(where: str, record: _Head | _Node) -> bytes:
    key = _either(where, "key", record.key, record.key_base64)
    if key is None:
        raise DocumentError(f"{where} has no key")
    path = clean(key)
    if path != key:
        raise DocumentError(
            f"{where} has the key {readable(key)}, which is not written as keys are:"
            f" {readable(path)}"
        )
    return path


def _entry(where: str, node: _Node) -> Entry:
    value = _either(where, "value", node.value, node.value_base64)
    if node.dir and value is not None:
        raise DocumentError(f"{where} is a directory with a value")
    if not node.dir and value is None:
        raise DocumentError(f"{where} has no value; a directory has `dir: true`")
    if node.ttl is _UNSET:
        return Entry(value)
    if not 0 < node.ttl < 1 << 63:
        raise DocumentError(f"{where} has a TTL of {node.ttl} s; whole seconds from 1 on are meant")
    return Entry(value, node.ttl)


def _either(where: str, name: str, text: _Text, base64: _Base64) -> bytes | None:
    if text is not _UNSET and base64 is not _UNSET:
        raise DocumentError(f"{where} has both {name} and {name}_base64")
    if base64 is not _UNSET:
        return base64
    return None if text is _UNSET else text.encode()
