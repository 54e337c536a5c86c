"""`make dist`: install the wheel in dist/ into a fresh environment, and use it."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.packaging.distributions import install, output, try_out


def main() -> int:
    (wheel,) = Path("dist").glob("*.whl")
    with tempfile.TemporaryDirectory(prefix="vard-http-dist-") as directory:
        print(f"Installing {wheel} with its dependencies into a fresh environment", flush=True)
        commands = install(wheel, Path(directory) / "venv", download=True)
        for command in ("vard-http", "vardctl"):
            print(output(commands, command, "--version").rstrip())
        try_out(commands, print)
    return 0


if __name__ == "__main__":
    sys.exit(main())
