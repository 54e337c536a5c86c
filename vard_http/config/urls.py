"""URL lists as etcd reads them: `http://10.0.0.1:2380,http://10.0.0.2:2380` (contract 13.2, 16.2).

The texts of the errors are those of Go's net/url and of etcd's pkg/types.
"""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote as percent_encode

from vard_http.govalues import quote

_SCHEMES = ("http", "https", "unix", "unixs")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PORT = re.compile(r"(:[0-9]*)?")
_KEPT = "!$&'()*+,;=:[]<>\"~"
_HOST_CHARACTER = re.compile(r"[A-Za-z0-9\-_.~!$&'()*+,;=:\[\]<>\"]|[^\x00-\x7f]")


def parse_urls(texts: Iterable[str], schemes: Sequence[str] = _SCHEMES) -> tuple[str, ...]:
    """The URLs, trimmed, scheme in lower case, sorted as text; duplicates stay.

    Raises ValueError with etcd's reason for the first text that is not `scheme://host:port`.
    """
    urls = tuple(sorted(_parse_url(text.strip(" \t\r\n"), schemes) for text in texts))
    if not urls:
        raise ValueError("no valid URLs given")
    return urls


def scheme_of(url: str) -> str:
    """The scheme of a URL from `parse_urls`."""
    return url.partition("://")[0]


def address_of(url: str) -> str:
    """`host:port` of a URL from `parse_urls`, brackets of IPv6 kept."""
    return _authority(url.partition("://")[2])[0].rpartition("@")[2]


def host_and_port(address: str) -> tuple[str, str]:
    """Host without brackets and port of `host:port`; ValueError if it has another form."""
    host, colon, port = address.rpartition(":")
    if host.startswith("["):
        well_formed = host.endswith("]") and not set("[]") & set(host[1:-1] + port)
        host = host[1:-1]
    else:
        well_formed = not set("[]:") & set(host + port)
    if not colon or not well_formed:
        raise ValueError("not host:port")
    return host, port


def is_ip(host: str) -> bool:
    """Whether `host` is an IPv4 or IPv6 address without a zone."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return "%" not in host


def check_bind_url(url: str) -> None:
    """ValueError unless a server may listen on `url`: an IP or localhost, and a possible port."""
    if scheme_of(url) in ("unix", "unixs"):
        return
    host, port = host_and_port(address_of(url))
    if host != "localhost" and not is_ip(host):
        raise ValueError(f"expected IP in URL for binding ({url})")
    if not port or int(port) > 65535:
        raise ValueError(f"expected a port between 0 and 65535 in URL for binding ({url})")


def check_advertised_url(url: str) -> None:
    """ValueError unless others can use `url`: it needs a host."""
    if not host_and_port(address_of(url))[0]:
        raise ValueError(f"unexpected empty host ({url})")


def _parse_url(text: str, schemes: Sequence[str]) -> str:
    scheme, rest = _split_scheme(text)
    if not rest.startswith("//"):
        _check_relative(text, scheme, rest)
    host, tail = _authority(rest[2:]) if rest.startswith("//") else ("", "")
    credentials, at, address = host.rpartition("@")
    _check_host(text, address)
    if scheme not in schemes:
        shown = ", ".join(schemes[:-1]) + "," * (len(schemes) > 2)
        raise ValueError(f"URL scheme must be {shown} or {schemes[-1]}: {text}")
    try:
        host_and_port(address)
    except ValueError:
        raise ValueError(f'URL address does not have the form "host:port": {text}') from None
    if tail.startswith("/"):
        raise ValueError(f"URL must not contain a path: {text}")
    return f"{scheme}://{credentials}{at}{percent_encode(address, safe=_KEPT)}{tail}"


def _split_scheme(text: str) -> tuple[str, str]:
    if _CONTROL.search(text):
        raise _unparsable(text, "net/url: invalid control character in URL")
    if text.startswith(":"):
        raise _unparsable(text, "missing protocol scheme")
    match = _SCHEME.match(text)
    if match is None:
        return "", text
    return text[: match.end() - 1].lower(), text[match.end() :]


def _check_relative(text: str, scheme: str, rest: str) -> None:
    path = re.split(r"[?#]", rest, maxsplit=1)[0]
    if not scheme and ":" in path.partition("/")[0]:
        raise _unparsable(text, "first path segment in URL cannot contain colon")


def _authority(rest: str) -> tuple[str, str]:
    """Splits what follows `//` into the authority and the path, query and fragment."""
    end = re.search(r"[/?#]", rest)
    return (rest[: end.start()], rest[end.start() :]) if end else (rest, "")


def _check_host(text: str, address: str) -> None:
    if address.startswith("["):
        _, bracket, port = address.rpartition("]")
        if not bracket:
            raise _unparsable(text, "missing ']' in host")
    else:
        port = address[address.rindex(":") :] if ":" in address else ""
    if not _PORT.fullmatch(port):
        raise _unparsable(text, f"invalid port {quote(port)} after host")
    for character in address:
        if not _HOST_CHARACTER.fullmatch(character):
            raise _unparsable(text, f"invalid character {quote(character)} in host name")


def _unparsable(text: str, reason: str) -> ValueError:
    return ValueError(f"parse {quote(text)}: {reason}")
