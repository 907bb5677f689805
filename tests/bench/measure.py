"""How a figure is taken: in a process of its own, with the operating system's account of it."""

import os
import platform
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Run:
    """One finished process."""

    wall_s: float
    peak_mb: float


def measured(command: Sequence[str]) -> Run:
    """Run a command to its end: wall time from before its start, peak memory of its largest process."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {errors}")
    unit = 1 if platform.system() == "Darwin" else 1024
    return Run(wall_s, usage.ru_maxrss * unit / 1e6)


def resident_mb(process: int) -> float:
    """What a running process holds in memory now."""
    if os.path.exists("/proc/self/statm"):  # noqa: PTH110 - not there on macOS
        with open(f"/proc/{process}/statm") as file:  # noqa: PTH123
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    told = subprocess.run(["ps", "-o", "rss=", "-p", str(process)], capture_output=True, text=True, check=True)
    return int(told.stdout) * 1024 / 1e6


def machine() -> str:
    """What the figures were taken on."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    model = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):  # noqa: PTH110 - not there on macOS
        with open("/proc/cpuinfo") as file:  # noqa: PTH123
            model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), model)
    return f"{model}, {cores} cores, {memory_gib:.0f} GiB, {platform.system()}, Python {platform.python_version()}"
