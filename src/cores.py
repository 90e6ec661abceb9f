"""How many CPU cores this process may use."""

import os

_most: list[int] = []


def available() -> int:
    """The number of cores that this process may run on."""
    number = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min([number, *_most])


def use_at_most(number: int) -> None:
    """Use at most `number` cores: a cluster's worker was given that many, and others run beside it."""
    _most[:] = [max(1, number)]
    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(available())
