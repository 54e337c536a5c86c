"""Figures of a process as Linux writes them."""

from __future__ import annotations

import os

import pytest

from loadtest import procfs


def test_processor_time_is_that_of_user_and_system() -> None:
    ticks = os.sysconf("SC_CLK_TCK")
    line = f"7 (a) b) c) S 1 7 7 0 -1 4194304 100 0 0 0 {3 * ticks} {2 * ticks} 0 0 20 0 1 0 99"

    assert procfs.parse_cpu(line) == 5.0


def test_memory_is_in_mib() -> None:
    status = "Name:\tetcd\nVmHWM:\t  20480 kB\nVmRSS:\t   1536 kB\n"

    assert procfs.parse_memory(status, "VmHWM") == 20
    assert procfs.parse_memory(status, "VmRSS") == 1.5
    with pytest.raises(KeyError):
        procfs.parse_memory(status, "VmSwap")


def test_this_process_has_figures() -> None:
    pid = os.getpid()

    assert procfs.cpu_seconds(pid) > 0
    assert 0 < procfs.resident_mib(pid) <= procfs.peak_mib(pid) + 1
