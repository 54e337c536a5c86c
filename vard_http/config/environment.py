"""Settings from variables: `ETCD_DATA_DIR`, or `VARD_DATA_DIR` as its alias (contract 16.1)."""

from collections.abc import Container, Mapping

from vard_http.config.errors import ConfigError, failed_verification
from vard_http.config.given import Given, Source
from vard_http.config.setting import Setting
from vard_http.config.table import CONFIG_FILE, VARIABLE_SETTINGS, nearest_setting

PREFIXES = ("ETCD_", "VARD_")

_SHADOWED = (
    'conflicting environment variable "{}" is shadowed by corresponding command-line flag'
    " (either unset environment variable or disable flag)"
)


def config_file_from_environment(environ: Mapping[str, str]) -> Given | None:
    """The configuration file that a variable names."""
    return _variable(CONFIG_FILE, environ)


def settings_from_environment(
    environ: Mapping[str, str], flags: Container[str]
) -> tuple[dict[str, Given], list[str]]:
    """The values by setting name, and a warning for each unknown variable.

    An empty variable counts as unset. Raises ConfigError if a setting has a flag and a variable,
    or two variables that differ.
    """
    for setting in VARIABLE_SETTINGS.values():
        for variable in _variables(setting):
            if variable in environ and setting.name in flags:
                raise ConfigError(_SHADOWED.format(variable))
    found = {name: _variable(setting, environ) for name, setting in VARIABLE_SETTINGS.items()}
    return {name: given for name, given in found.items() if given}, _unknown(environ)


def variables_in(environ: Mapping[str, str]) -> list[str]:
    """The names of all variables that look like settings."""
    return sorted(name for name in environ if name.startswith(PREFIXES))


def _variables(setting: Setting) -> list[str]:
    return [prefix + setting.variable_suffix for prefix in PREFIXES]


def _variable(setting: Setting, environ: Mapping[str, str]) -> Given | None:
    found = [name for name in _variables(setting) if environ.get(name)]
    if not found:
        return None
    texts = [environ[name] for name in found]
    if len(set(texts)) > 1:
        raise failed_verification(
            f"the variables {found[0]} and {found[1]} both set {setting.name}, to different values;"
            " unset one of them"
        )
    return Given(texts[0], Source.VARIABLE, found[0])


def _unknown(environ: Mapping[str, str]) -> list[str]:
    known = {name for setting in VARIABLE_SETTINGS.values() for name in _variables(setting)}
    return [_warning(name) for name in variables_in(environ) if name not in known]


def _warning(variable: str) -> str:
    """Without the value, which may be a password meant for somebody else."""
    nearest = nearest_setting(variable[5:].lower().replace("_", "-"), VARIABLE_SETTINGS)
    suffix = nearest.upper().replace("-", "_")
    hint = f" (did you mean {variable[:5]}{suffix}?)" if nearest else ""
    return f"unrecognized environment variable {variable}{hint}"
