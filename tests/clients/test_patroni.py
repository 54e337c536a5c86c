"""Patroni with PostgreSQL, as `make patroni` runs it."""

from __future__ import annotations

import os

import pytest

from tests.clients import patroni_failover


@pytest.mark.skipif(
    not patroni_failover.postgres_programs() and not os.environ.get("CI"),
    reason="PostgreSQL is not installed (`make patroni` installs it); CI insists on it",
)
def test_the_primary_fails_over_and_outlives_the_leader_of_the_store() -> None:
    assert patroni_failover.main() == 0
