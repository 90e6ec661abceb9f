"""The memory of a run of noisy XOR with every feature on, against that of the hand-written loop: `make bench`.

Private pages are what each further user of the same machine costs: what two simultaneous runs do not share.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

from src.data.synthetic.xor import XOR

HAND_WRITTEN = str(Path(__file__).with_name("hand_written.py"))
LIMIT = 1.05
ROUNDS = 3


def begun(words: list[str]) -> subprocess.Popen[bytes]:
    """Start a Python process on one thread that prints nothing."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen([sys.executable, *words], stdout=subprocess.DEVNULL, env=environment)


def peak(words: list[str]) -> float:
    """The peak memory of a process in MiB."""
    process = begun(words)
    _, status, used = os.wait4(process.pid, 0)
    assert status == 0, words
    return used.ru_maxrss / 1024


def private_pages(pid: int) -> float:
    """The memory of a process in MiB that it shares with no other."""
    pages = Path("/proc", str(pid), "smaps_rollup").read_text()
    return sum(map(int, re.findall(r"^Private_\w+: +(\d+) kB", pages, re.MULTILINE))) / 1024


def private(words: list[str], others: list[str]) -> float:
    """The peak of the private memory of one of two simultaneous processes in MiB; shared pages come from files."""
    process, beside = begun(words), begun(others)
    most = 0.0
    while process.poll() is None and beside.poll() is None:
        try:
            most = max(most, private_pages(process.pid))
        except (OSError, ProcessLookupError):
            break
        time.sleep(0.05)
    assert (process.wait(), beside.wait()) == (0, 0)
    return most


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as scratch:
        rows = Path(scratch, "rows.pt")
        splits = XOR(num_train=5000, num_val=500, num_test=500, noise=0.1).splits
        torch.save([*splits.train, *splits.test], rows)

        def ours(number: int) -> list[str]:
            return ["-m", "src.train", "experiment=xor", f"hydra.run.dir={scratch}/run_{number}"]

        by_hand = [HAND_WRITTEN, "dataloader", str(rows)]
        peak(ours(0))
        pairs = [(peak(ours(number)), peak(by_hand)) for number in range(1, ROUNDS + 1)]
        ratio = statistics.median(one / other for one, other in pairs)
        print(f"XOR, 200 epochs, medians of {ROUNDS} rounds")
        print(f"  peak of a run, MiB               {statistics.median(one for one, _ in pairs):.0f}")
        print(f"  peak of the loop by hand, MiB    {statistics.median(other for _, other in pairs):.0f}")
        print(f"  peak of a run / of the loop      {ratio:.2f}  limit {LIMIT}")
        print(f"  private to one of two runs, MiB  {private(ours(10), ours(11)):.0f}")
        print(f"  private to one of two loops, MiB {private(by_hand, by_hand):.0f}")


if __name__ == "__main__":
    main()
