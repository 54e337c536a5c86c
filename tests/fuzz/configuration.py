"""The configuration: command line, variables, and files of any content."""

from __future__ import annotations

import atexit
import contextlib
import tempfile
from pathlib import Path
from typing import NamedTuple

from hypothesis import strategies as st

from tests.fuzz.mutations import mutated
from tests.fuzz.target import Target
from vard_http.config import Config, ConfigError, InformationRequested, check_bootstrap, load
from vard_http.config.table import ETCD_SETTINGS, FLAG_SETTINGS

_EXAMPLE = (Path(__file__).parents[2] / "config" / "vard-http.example.yaml").read_bytes()
_LINES = tuple(line.lstrip(b"# ") for line in _EXAMPLE.splitlines() if b": " in line)
_TOKENS = (
    b"\n",
    b": ",
    b"- ",
    b"? ",
    b"\t",
    b"{",
    b"}",
    b"[" * 3000,
    b"{a: " * 3000,
    b"&a [*a]",
    b"*a",
    b"<<: *a",
    b"!!binary ",
    b"!!python/object:os.system ",
    b"0x" + b"f" * 6000,
    b"9" * 5000,
    b".nan",
    b"2001-99-99",
    b"\x00",
    b"\xff",
    b"\xef\xbb\xbf",
    b"name: ",
    b"client-transport-security: ",
)
_FILES = mutated(
    st.lists(st.sampled_from(_LINES), max_size=8).map(b"\n".join), _TOKENS, most=5
) | st.binary(max_size=60)

_text = st.text(st.characters(exclude_characters="\x00"), max_size=12) | st.sampled_from(
    ("0", "-1", "9" * 5000, "0x" + "f" * 5000, "1h", "1e9h", "http://[::1", "a=b,=c", "%zz", "1.5")
)
_names = st.sampled_from([name for name in FLAG_SETTINGS if name != "config-file"])
_variables = st.sampled_from([f"ETCD_{one.variable_suffix}" for one in ETCD_SETTINGS.values()])


class Given(NamedTuple):
    """What somebody starts the server with."""

    file: bytes | None
    argv: list[str]
    environ: dict[str, str]


_directory = tempfile.TemporaryDirectory(prefix="vard-http-fuzz-")
atexit.register(_directory.cleanup)
_FILE = Path(_directory.name) / "any.yaml"


def check_configuration(given: Given) -> None:
    """A Config, or an error for the operator; nothing but the file is touched."""
    argv = list(given.argv)
    if given.file is not None:
        _FILE.write_bytes(given.file)
        argv.append(f"--config-file={_FILE}")
    with contextlib.suppress(ConfigError, InformationRequested):
        config = load(argv, given.environ)
        assert isinstance(config, Config)
        check_bootstrap(config)
    assert [path.name for path in _FILE.parent.iterdir()] in ([], [_FILE.name])


TARGET = Target(
    "config",
    st.builds(
        Given,
        st.none() | _FILES,
        st.lists(st.builds("--{}={}".format, _names, _text) | st.builds("--{}".format, _text)),
        st.dictionaries(_variables, _text, max_size=4),
    ).filter(lambda given: not any("config-file" in word for word in given.argv)),
    check_configuration,
    400,
)
