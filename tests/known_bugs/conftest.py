from __future__ import annotations

from tests.unit.node.conftest import trio

__all__ = ["trio"]
