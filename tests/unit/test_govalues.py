"""Values are read as Go's flag package reads them."""

import pytest

from vard_http.govalues import parse_bool, parse_duration, parse_signed, parse_unsigned


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", True), ("t", True), ("TRUE", True), ("True", True), ("0", False), ("f", False)],
)
def test_booleans_have_gos_spellings(text: str, value: bool) -> None:
    assert parse_bool(text) is value


@pytest.mark.parametrize("text", ["", "yes", "tRUE", "on", "2", " true"])
def test_other_spellings_are_no_booleans(text: str) -> None:
    with pytest.raises(ValueError, match=r"^parse error$"):
        parse_bool(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("100", 100),
        ("1_000", 1000),
        ("0x1F", 31),
        ("0x_1f", 31),
        ("0b101", 5),
        ("0o17", 15),
        ("017", 15),
        ("18446744073709551615", 2**64 - 1),
    ],
)
def test_unsigned_numbers_take_gos_literals(text: str, value: int) -> None:
    assert parse_unsigned(text) == value


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", "1.5", "1e3", "1__0", "_1", "08", "0x", " 1", "١"]
)
def test_other_texts_are_no_unsigned_numbers(text: str) -> None:
    with pytest.raises(ValueError, match=r"^parse error$"):
        parse_unsigned(text)


def test_numbers_have_the_range_of_their_type() -> None:
    with pytest.raises(ValueError, match=r"^value out of range$"):
        parse_unsigned("18446744073709551616")
    with pytest.raises(ValueError, match=r"^value out of range$"):
        parse_signed("9223372036854775808")
    assert parse_signed("-9223372036854775808") == -(2**63)
    assert parse_signed("+7") == 7


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("0", 0),
        ("300ms", 300_000_000),
        ("-1.5h", -5_400_000_000_000),
        ("2h45m", 9_900_000_000_000),
        ("1us", 1000),
        ("1µs", 1000),
        (".5s", 500_000_000),
        ("1.s", 1_000_000_000),
    ],
)
def test_durations_are_sums_of_numbers_with_units(text: str, nanoseconds: int) -> None:
    assert parse_duration(text) == nanoseconds


@pytest.mark.parametrize("text", ["", "5", "-", "s", ".s", "5d", "1 s", "9999999999h"])
def test_other_texts_are_no_durations(text: str) -> None:
    with pytest.raises(ValueError, match=r"^parse error$"):
        parse_duration(text)
