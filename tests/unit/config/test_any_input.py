"""Whatever is given, the answer is a Config or an error meant for the operator."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vard_http.config import Config, ConfigError, InformationRequested, check_bootstrap, load
from vard_http.config.table import ETCD_SETTINGS, FLAG_SETTINGS

VALUES = st.one_of(
    st.text(st.characters(exclude_characters="\x00"), max_size=12),
    st.sampled_from(
        ["0", "-1", "1h", "true", "http://[::1]:1", "http://a:1,http://:", "a=http://b:1,=", "*"]
    ),
)
FLAGS = st.builds(
    "--{}={}".format,
    st.sampled_from([name for name in FLAG_SETTINGS if name != "config-file"]),
    VALUES,
)
VARIABLES = st.dictionaries(
    st.sampled_from([f"ETCD_{one.variable_suffix}" for one in ETCD_SETTINGS.values()]), VALUES
)


def answer(argv: list[str], environ: dict[str, str]) -> None:
    with suppress(ConfigError, InformationRequested):
        config = load(argv, environ)
        assert isinstance(config, Config)
        check_bootstrap(config)


@given(st.lists(st.one_of(FLAGS, VALUES.filter(lambda text: "config-file" not in text))), VARIABLES)
def test_any_command_line_and_environment(argv: list[str], environ: dict[str, str]) -> None:
    answer(argv, environ)


YAML_VALUES = st.one_of(
    VALUES.map(repr),
    st.sampled_from(["[a, {b: c}]", "{a: b}", "2001-01-01", "!!binary x", "!x y", "*a", ".nan"]),
    st.sampled_from(["&a [*a]", "{[a]: b}", "2001-99-99", "0b", "- x", "<<", "'"]),
)
KEYS = st.sampled_from(
    [*ETCD_SETTINGS, "client-transport-security", "peer-transport-security", "zzz", "[a]", "1"]
)


@given(st.lists(st.builds("{}: {}".format, KEYS, YAML_VALUES), max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_configuration_file(tmp_path: Path, lines: list[str]) -> None:
    path = tmp_path / "any.yaml"
    path.write_text("\n".join(lines), encoding="utf-8")
    answer([f"--config-file={path}"], {})


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "any.yaml"
    path.write_bytes(b"name: \xff\xfe\x00")
    with pytest.raises(ConfigError, match="error converting YAML"):
        load([f"--config-file={path}"], {})
