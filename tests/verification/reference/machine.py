"""vard's state machine: keys and values (uwplse/verdi, theories/Systems/VarD.v `VarDHandler`)."""

from __future__ import annotations

Input = (
    tuple[str, str]  # GET key, DEL key
    | tuple[str, str, str]  # PUT key value
    | tuple[str, str, str | None]  # CAD key expected
    | tuple[str, str, str | None, str | None]  # CAS key expected new
)
Output = tuple[str, str | None, str | None]
"""VarD.v `Response`: the key, its value after the command, and before it; None where absent."""

Data = tuple[tuple[str, str], ...]
"""Keys with their values, in the order of keys."""


def handler(input: Input, data: Data) -> tuple[Output, Data]:
    """VarD.v `VarDHandler`."""
    values = dict(data)
    key = input[1]
    before = values.get(key)
    match input:
        case ("GET", _):
            after = before
        case ("PUT", _, value):
            after = value
        case ("DEL", _):
            after = None
        case ("CAS", _, expected, new):
            after = new if before == expected else before
        case ("CAD", _, expected):
            after = None if before == expected else before
        case _:
            raise ValueError(f"no command: {input}")
    if after is None:
        values.pop(key, None)
    else:
        values[key] = after
    return (key, after, before), tuple(sorted(values.items()))
