"""Which names a certificate stands for."""

from __future__ import annotations

import pytest

from vard_http.tls.names import common_name, is_valid_for, names_address


def certificate(*names: str) -> dict[str, object]:
    """As getpeercert() gives it; names with a leading `ip:` are addresses."""
    alternative = [
        ("IP Address", name[3:]) if name.startswith("ip:") else ("DNS", name) for name in names
    ]
    return {"subjectAltName": tuple(alternative)}


@pytest.mark.parametrize(
    ("name", "host", "valid"),
    [
        ("a.test", "a.test", True),
        ("a.test", "A.Test.", True),
        ("a.test", "b.a.test", False),
        ("*.test", "a.test", True),
        ("*.test", "b.a.test", False),
        ("*.test", ".test", False),
        ("*", "test", False),
        ("a*.test", "ab.test", False),
        ("ip:10.0.0.1", "10.0.0.1", True),
        ("ip:10.0.0.1", "10.0.0.2", False),
        ("10.0.0.1", "10.0.0.1", False),
        ("ip:0:0:0:0:0:0:0:1\n", "::1", True),
    ],
)
def test_alternative_names(name: str, host: str, valid: bool) -> None:
    assert is_valid_for(certificate(name), host) is valid


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ((), ""),
        (((("commonName", "alice"),),), "alice"),
        (((("commonName", "a"),), (("organizationName", "o"), ("commonName", "b"))), "b"),
    ],
)
def test_the_last_common_name_counts(subject: object, name: str) -> None:
    assert common_name({"subject": subject}) == name


@pytest.mark.parametrize(
    ("names", "may"),
    [
        ((), True),
        (("ip:127.0.0.1",), True),
        (("ip:127.0.0.2",), False),
        (("ip:127.0.0.2", "localhost"), True),
        (("localhost",), True),
        (("no-such-name.invalid",), False),
    ],
)
async def test_a_caller_has_to_be_where_its_certificate_says(
    names: tuple[str, ...], may: bool
) -> None:
    assert await names_address(certificate(*names), "127.0.0.1") is may
