"""How much memory is free, checked before a lot of it is used."""

import os
from pathlib import Path

from src.errors import ConfigError

_CGROUP_LIMITS = "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"
_UNITS = "bytes", "kB", "MB", "GB", "TB", "PB", "EB"


def available() -> int:
    """Bytes that this process may still use: the machine's free memory, or what its container's limit leaves."""
    free = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 2**63
    if (known := Path("/proc/meminfo")).exists():
        (line,) = (line for line in known.read_text().splitlines() if line.startswith("MemAvailable:"))
        free = int(line.split()[1]) * 1024
    for path in map(Path, _CGROUP_LIMITS):
        if path.exists() and (limit := path.read_text().strip()).isdigit():
            free = min(free, int(limit))
    return free


def refuse_beyond(num_bytes: int, key: str, what: str, remedy: str = "lower it") -> None:
    """Raise `ConfigError` if more bytes are needed than are free.

    Args:
        num_bytes: Bytes needed.
        key: The setting that needs them.
        what: What needs them, for the message: `5,000 rows of 2 numbers`.
        remedy: What to do instead.
    """
    if num_bytes > 2**20 and num_bytes > (free := available()):
        raise ConfigError(
            f"{key}: {what} need about {_spoken(num_bytes)} of memory, but only {_spoken(free)} is free; {remedy}"
        )


def _spoken(num_bytes: int) -> str:
    """`1.5 GB`."""
    size, unit = num_bytes, 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1  # type: ignore[assignment]
    return f"{size:,.3g} {_UNITS[unit]}" if size < 1000 else f"{size:,.0f} {_UNITS[unit]}"
