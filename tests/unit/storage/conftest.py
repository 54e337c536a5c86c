from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.storage.builders import IDENTITY
from vard_http.storage import Storage, open_storage


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    """A new one in `tmp_path / "data"`."""
    opened = open_storage(tmp_path / "data", IDENTITY)
    yield opened
    opened.close()
