"""What Linux tells about a process and this machine: /proc."""

from __future__ import annotations

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User and system time of all threads so far, in steps of one clock tick (10 ms)."""
    return parse_cpu(Path(f"/proc/{pid}/stat").read_text())


def parse_cpu(stat: str) -> float:
    """utime + stime of a /proc/PID/stat line; the command in parentheses may hold anything."""
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def resident_mib(pid: int) -> float:
    """Resident memory now, in MiB."""
    return parse_memory(Path(f"/proc/{pid}/status").read_text(), "VmRSS")


def peak_mib(pid: int) -> float:
    """The most memory that was ever resident, in MiB."""
    return parse_memory(Path(f"/proc/{pid}/status").read_text(), "VmHWM")


def parse_memory(status: str, field: str) -> float:
    """A field of /proc/PID/status that is in kB, as MiB. Raises KeyError if it is missing."""
    for line in status.splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) / 1024
    raise KeyError(field)


def filesystem(path: Path) -> str:
    """The type of the filesystem that holds `path`, such as ext4."""
    where = path.resolve()
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    holding = [(point, kind) for _, point, kind, *_ in mounts if where.is_relative_to(point)]
    return max(holding, key=lambda mount: len(mount[0]))[1]


def cpu_model() -> str:
    """The processor's name."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "unknown"


def memory_gib() -> float:
    """Installed memory, in GiB."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
