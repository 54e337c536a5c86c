"""The lock file that keeps a data directory to one process."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from vard_http.storage.errors import StorageError


class DirectoryLock:
    """Holds `LOCK` in a data directory by flock(2); the file names the process that holds it.

    The kernel drops the lock with the process, so a file left behind by a crash locks nothing.
    Raises StorageError if another process, or another lock in this one, holds it.
    """

    def __init__(self, data_dir: Path) -> None:
        self._fd = os.open(data_dir / "LOCK", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._fd, 32, 0).decode("ascii", "replace").strip()
            os.close(self._fd)
            raise StorageError(
                f"data directory {data_dir} is in use by process {holder or '(unknown)'}; "
                "stop it first, or give this member a data directory of its own"
            ) from None
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        os.close(self._fd)
