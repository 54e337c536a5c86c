"""Floats look as Go's encoding/json writes them."""

import orjson
import pytest

from vard_http.api.gofloat import go_float


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1.0, "1"),
        (100.0, "100"),
        (0.00015, "0.00015"),
        (0.0010015, "0.0010015"),
        (18.178112481780122, "18.178112481780122"),
        (0.000001, "0.000001"),
        (0.000000999, "9.99e-7"),
        (1e-10, "1e-10"),
        (float(1 << 63), "9223372036854776000"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1.5e21, "1.5e+21"),
        (-2.5, "-2.5"),
    ],
)
def test_a_float_is_written_as_go_does(value: float, text: str) -> None:
    assert orjson.dumps(go_float(value)).decode() == text
