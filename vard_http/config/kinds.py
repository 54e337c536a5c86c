"""The kinds of values that settings have: how a text becomes a typed value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Generic, TypeVar

from vard_http.config.urls import parse_urls
from vard_http.govalues import parse_bool, parse_duration, parse_signed, parse_unsigned

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """One kind of value.

    `parse` raises ValueError with the reason etcd gives. `allowed` completes "NAME takes ...".
    `yaml_types` are the scalars a configuration file may hold. `empty_is_default`: an empty text
    on the command line counts as given but leaves the default, as etcd's URL lists do.
    """

    parse: Callable[[str], T]
    allowed: str
    yaml_types: tuple[type, ...] = (str,)
    empty_is_default: bool = False

    @property
    def is_boolean(self) -> bool:
        """Whether the flag may stand without a value."""
        return bool in self.yaml_types


def choice(*values: str, otherwise: str = "invalid value") -> Kind[str]:
    """One of `values`; `otherwise` is the reason for refusing others, `{}` the text given."""

    def parse(text: str) -> str:
        if text not in values:
            raise ValueError(otherwise.format(text))
        return text

    shown = [value or "nothing" for value in values]
    return Kind(parse, f"{', '.join(shown[:-1])} or {shown[-1]}")


def _parse_url_list(text: str) -> tuple[str, ...]:
    return parse_urls(text.split(",")) if text else ()


def _parse_vard_urls(text: str) -> tuple[str, ...]:
    return parse_urls(text.split(","), ("tcp", "tls")) if text else ()


def _parse_origins(text: str) -> tuple[str, ...]:
    if text == "*":
        return ("*",)
    return tuple(sorted(set(parse_urls(text.split(",")))))


def _parse_hosts(text: str) -> tuple[str, ...]:
    return tuple(sorted(set(text.split(",")))) if text else ("*",)


def _parse_words(text: str) -> tuple[str, ...]:
    return tuple(sorted(set(text.split(",")))) if text else ()


def _parse_cluster(text: str) -> Mapping[str, tuple[str, ...]]:
    urls: dict[str, list[str]] = {}
    for pair in filter(None, text.split(",")):
        name, _, url = pair.partition("=")
        urls.setdefault(name, []).append(url)
    try:
        return MappingProxyType({name: parse_urls(texts) for name, texts in urls.items()})
    except ValueError as error:
        raise ValueError(f"error setting up initial cluster: {error}") from None


def _parse_uint32(text: str) -> int:
    try:
        return parse_unsigned(text, 32)
    except ValueError as error:
        reason = "invalid syntax" if str(error) == "parse error" else str(error)
        raise ValueError(f'strconv.ParseUint: parsing "{text}": {reason}') from None


TEXT = Kind(str, "a text")
BOOL = Kind(parse_bool, "true or false", (bool,))
ANYTHING = Kind(str, "anything, and ignores it", (bool,))
UNSIGNED = Kind(parse_unsigned, "a whole number from 0", (int,))
UNSIGNED32 = Kind(_parse_uint32, "a whole number from 0 to 4294967295", (int,))
SIGNED = Kind(parse_signed, "a whole number", (int,))
DURATION = Kind(parse_duration, 'a duration such as "300ms", "5s" or "1h30m"', (str, int))
URLS = Kind(
    _parse_url_list,
    "a comma-separated list of scheme://host:port, scheme http, https, unix or unixs",
    (str, list),
    empty_is_default=True,
)
VARD_URLS = Kind(
    _parse_vard_urls,
    "a comma-separated list of scheme://host:port, scheme tcp or tls",
    (str, list),
    empty_is_default=True,
)
ORIGINS = Kind(_parse_origins, '"*" or a comma-separated list of scheme://host:port', (str, list))
HOSTS = Kind(_parse_hosts, '"*" or a comma-separated list of host names', (str, list))
WORDS = Kind(_parse_words, "a comma-separated list", (str, list))
CLUSTER = Kind(
    _parse_cluster,
    "a comma-separated list of name=scheme://host:port, a name once for each of its URLs",
)
