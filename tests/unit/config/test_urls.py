"""URL lists are checked as etcd checks them, with its messages (contract 13.2, 16.3)."""

import re

import pytest

from vard_http.config.urls import (
    address_of,
    check_advertised_url,
    check_bind_url,
    host_and_port,
    parse_urls,
    scheme_of,
)


def test_urls_are_trimmed_and_sorted() -> None:
    urls = parse_urls([" http://b:1", "HTTPS://a:2", "unix://localhost:3"])
    assert urls == ("http://b:1", "https://a:2", "unix://localhost:3")


@pytest.mark.parametrize("url", ["http://:1", "http://a:", "http://[::1]:1", "http://u:p@a:1?x#y"])
def test_unusual_urls_pass_as_in_etcd(url: str) -> None:
    assert parse_urls([url]) == (url,)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("foo", "URL scheme must be http, https, unix, or unixs: foo"),
        ("", "URL scheme must be http, https, unix, or unixs: "),
        ("ftp://a:1", "URL scheme must be http, https, unix, or unixs: ftp://a:1"),
        ("localhost:2379", "URL scheme must be http, https, unix, or unixs: localhost:2379"),
        ("http://foo", 'URL address does not have the form "host:port": http://foo'),
        ("http:foo:1", 'URL address does not have the form "host:port": http:foo:1'),
        ("http://a:b:1", 'URL address does not have the form "host:port": http://a:b:1'),
        ("unix:///run/s", 'URL address does not have the form "host:port": unix:///run/s'),
        ("http://foo:1/", "URL must not contain a path: http://foo:1/"),
        ("http://foo:1/x", "URL must not contain a path: http://foo:1/x"),
        ("http://a b:1", 'parse "http://a b:1": invalid character " " in host name'),
        ("http://a:1x", 'parse "http://a:1x": invalid port ":1x" after host'),
        ("http://[::1:1", "parse \"http://[::1:1\": missing ']' in host"),
        (":2379", 'parse ":2379": missing protocol scheme'),
        (
            "127.0.0.1:2379",
            'parse "127.0.0.1:2379": first path segment in URL cannot contain colon',
        ),
    ],
)
def test_a_wrong_url_is_refused_with_etcds_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(reason)}$"):
        parse_urls([text])


def test_other_lists_of_urls_have_other_schemes() -> None:
    assert parse_urls(["tls://b:1", "TCP://a:2"], ("tcp", "tls")) == ("tcp://a:2", "tls://b:1")
    with pytest.raises(ValueError, match="URL scheme must be tcp or tls: "):
        parse_urls(["http://a:1"], ("tcp", "tls"))


def test_an_empty_list_is_no_list_of_urls() -> None:
    with pytest.raises(ValueError, match="no valid URLs given"):
        parse_urls([])


@pytest.mark.parametrize(
    ("url", "scheme", "address", "host", "port"),
    [
        ("http://localhost:2379", "http", "localhost:2379", "localhost", "2379"),
        ("https://u@[::1]:1?x", "https", "[::1]:1", "::1", "1"),
    ],
)
def test_a_url_has_parts(url: str, scheme: str, address: str, host: str, port: str) -> None:
    assert scheme_of(url) == scheme
    assert address_of(url) == address
    assert host_and_port(address) == (host, port)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:0", "http://localhost:65535", "http://[::]:1", "unix://anything:1"],
)
def test_a_server_may_listen_on_an_address(url: str) -> None:
    check_bind_url(url)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://foo.com:1", "expected IP in URL for binding (http://foo.com:1)"),
        ("http://:1", "expected IP in URL for binding (http://:1)"),
        ("http://01.2.3.4:1", "expected IP in URL for binding (http://01.2.3.4:1)"),
        ("http://1.2.3.4:65536", "expected a port between 0 and 65535 in URL for binding"),
        ("http://1.2.3.4:", "expected a port between 0 and 65535 in URL for binding"),
    ],
)
def test_a_server_may_not_listen_on_a_name_or_an_impossible_port(url: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(reason)}"):
        check_bind_url(url)


def test_an_advertised_url_needs_a_host() -> None:
    check_advertised_url("http://foo.com:1")
    with pytest.raises(ValueError, match=r"unexpected empty host \(http://:1\)"):
        check_advertised_url("http://:1")
