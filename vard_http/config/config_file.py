"""Settings from a YAML file: flag names as keys, TLS in two sections (contract 16.1).

A value is turned into the text that the flag would have, so that a file and a command line with
the same settings give the same Config.
"""

from collections.abc import Iterator

import yaml

from vard_http.config.errors import ConfigError, failed_verification
from vard_http.config.given import Given, Source
from vard_http.config.kinds import DURATION, TEXT
from vard_http.config.setting import Setting
from vard_http.config.table import ETCD_SETTINGS, nearest_setting
from vard_http.govalues import quote

_SECTION_KEYS = ("cert-file", "key-file", "client-cert-auth", "trusted-ca-file", "auto-tls")
_NUMBER_BITS = 1024
"""No setting takes so large a number, and Python refuses to write one of 4300 digits."""

_SECTIONS = {"client-transport-security": "", "peer-transport-security": "peer-"}


def settings_from_file(path: str, where: str) -> tuple[dict[str, Given], list[str]]:
    """The values by setting name, and warnings about keys without a meaning or given twice.

    `where` is the flag or variable that names the file. Raises ConfigError if the file cannot be
    read, is not a YAML mapping, or a value has the wrong type.
    """
    reader = _Reader(path)
    reader.read(_document(path, where))
    return reader.given, reader.warnings


def _document(path: str, where: str) -> yaml.Node | None:
    try:
        with open(path, encoding="utf-8") as file:
            return yaml.compose(file, Loader=yaml.SafeLoader)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise failed_verification(f"open {path}: {reason} ({where} names the file)") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise failed_verification(f"{path}: error converting YAML: {reason}") from None
    except RecursionError:
        raise failed_verification(f"{path}: error converting YAML: nested too deeply") from None


class _Reader:
    """Collects the settings of one file."""

    def __init__(self, path: str) -> None:
        self.given: dict[str, Given] = {}
        self.warnings: list[str] = []
        self._path = path
        self._constructor = yaml.constructor.SafeConstructor()

    def read(self, document: yaml.Node | None) -> None:
        for key, value in self._pairs(document, "the configuration file"):
            name = self._key(key)
            if name in _SECTIONS:
                self._read_section(name, _SECTIONS[name], value)
            else:
                self._take(name, ETCD_SETTINGS.get(name), value)

    def _read_section(self, section: str, prefix: str, node: yaml.Node) -> None:
        for key, value in self._pairs(node, section):
            name = self._key(key)
            if name in _SECTION_KEYS:
                self._take(f"{section}.{name}", ETCD_SETTINGS[prefix + name], value)
            elif self._construct(value) not in (None, ""):
                raise _unknown_section_key(self._at(value), section, name)

    def _pairs(self, node: yaml.Node | None, what: str) -> Iterator[tuple[yaml.Node, yaml.Node]]:
        if node is None or node.tag == "tag:yaml.org,2002:null":
            return
        if not isinstance(node, yaml.MappingNode):
            raise failed_verification(f"{self._at(node)}: {what} takes a mapping of keys to values")
        yield from node.value

    def _take(self, key: str, setting: Setting | None, node: yaml.Node) -> None:
        at = self._at(node)
        if setting is None:
            self.warnings.append(_unknown_key(at, key))
            return
        value = self._construct(node)
        if value is None or (value == "" and _empty_is_unset(setting)):
            return
        if setting.name in self.given:
            earlier = self.given[setting.name].where
            self.warnings.append(f"{at}: {key} is given again and replaces {earlier}")
        text = _as_text(setting, value, f"{at}: {key}")
        self.given[setting.name] = Given(text, Source.FILE, f"{at}: {key}")

    def _key(self, node: yaml.Node) -> str:
        """Keys are compared without case, as Go's decoder does."""
        return _shown(self._construct(node)).lower()

    def _construct(self, node: yaml.Node) -> object:
        try:
            value: object = self._constructor.construct_object(node, deep=True)
        except (yaml.YAMLError, ValueError) as error:
            raise failed_verification(f"{self._at(node)}: {' '.join(str(error).split())}") from None
        except RecursionError:
            raise failed_verification(f"{self._at(node)}: nested too deeply") from None
        if isinstance(value, int) and value.bit_length() > _NUMBER_BITS:
            raise failed_verification(f"{self._at(node)}: a number of {value.bit_length()} bits")
        return value

    def _at(self, node: yaml.Node) -> str:
        return f"{self._path}:{node.start_mark.line + 1}"


def _empty_is_unset(setting: Setting) -> bool:
    return setting.kind is not TEXT and str in setting.kind.yaml_types


def _as_text(setting: Setting, value: object, where: str) -> str:
    if type(value) not in setting.kind.yaml_types:
        raise _wrong_type(setting, value, where)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        if not all(isinstance(item, str) for item in value):
            raise _wrong_type(setting, value, where)
        return ",".join(value)
    return f"{value}ns" if setting.kind is DURATION and isinstance(value, int) else str(value)


def _wrong_type(setting: Setting, value: object, where: str) -> ConfigError:
    names = {str: "text", int: "a number", bool: "true or false", list: "a list of texts"}
    wanted = " or ".join(names[one] for one in setting.kind.yaml_types)
    hint = "; quote it to make it text" if str in setting.kind.yaml_types else ""
    return failed_verification(
        f"invalid value {quote(_shown(value))} for {where}: expected {wanted}, not"
        f" {type(value).__name__}{hint} ({setting.takes})"
    )


def _shown(value: object) -> str:
    """A list or mapping by its size only: with aliases a short file makes one without end."""
    if isinstance(value, list | dict | set):
        return f"{type(value).__name__} of {len(value)}"
    return str(value)


def _unknown_section_key(at: str, section: str, name: str) -> ConfigError:
    """An error and no warning: a server must not run without a security setting it was given."""
    return failed_verification(
        f"{at}: unknown key {name} in {section} ({section} takes {', '.join(_SECTION_KEYS)};"
        " other TLS settings have the names of their flags and stand outside)"
    )


def _unknown_key(at: str, key: str) -> str:
    nearest = nearest_setting(key, ETCD_SETTINGS)
    hint = f" (did you mean {nearest}?)" if nearest else ""
    return f"{at}: unknown key {key} is ignored{hint}"
