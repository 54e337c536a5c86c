from pathlib import Path

import pytest
import trustme

from tests.unit.tls.support import Pair, issue


@pytest.fixture(scope="session")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def stranger() -> trustme.CA:
    """An authority that nobody here trusts."""
    return trustme.CA(organization_name="Strangers")


@pytest.fixture
def pair(ca: trustme.CA, tmp_path: Path) -> Pair:
    return issue(ca, tmp_path, "server")


@pytest.fixture
def ca_file(ca: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    ca.cert_pem.write_to_path(path)
    return str(path)
