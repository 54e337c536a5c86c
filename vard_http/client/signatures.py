"""The signatures that the clients' methods show to `help`."""

from __future__ import annotations

import inspect
from collections.abc import Callable


def method_signature(build: Callable[..., object]) -> inspect.Signature:
    """The signature of the method that makes the call which `build` describes."""
    function = inspect.signature(build)
    this = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    result = str(function.return_annotation).removeprefix("Call[").removesuffix("]")
    return inspect.Signature([this, *function.parameters.values()], return_annotation=result)
