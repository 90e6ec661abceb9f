"""Sweeps of noisy XOR: the vectorized launcher against the basic one and a hand-written loop: `make bench`.

A round runs all programs one after another in fresh processes; what counts is the ratio within a round. The vectorized
sweep is measured whole: start-up, composing, training, and writing every folder. The basic launcher is measured by its
runs only, the difference between a sweep of nine runs and one of one; the hand-written loop by its steps only.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import torch

from src.data.synthetic.xor import XOR
from src.storage.runs_table import read

ROUNDS = 3
NUM_SEEDS = 256
MANY = 10_000
HAND_WRITTEN = str(Path(__file__).with_name("hand_written.py"))
TRAIN = [sys.executable, "-m", "src.train", "-m", "experiment=xor"]


class Cost(NamedTuple):
    """Wall seconds, peak memory in GiB and output of a process."""

    seconds: float
    memory: float
    output: str


def measured(command: list[str]) -> Cost:
    """Run a fresh process to its end."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with exit code {process.returncode}")
    return Cost(time.perf_counter() - start, usage.ru_maxrss / 2**20, output)


def sweep(runs: Path, *words: str) -> Cost:
    """A sweep with a folder for each run; every run must have finished."""
    cost = measured([*TRAIN, *words, f"runs_dir={runs}"])
    begun = len(list(runs.glob("xor/multirun/*/*/.hydra")))
    finished = len(list(runs.glob("xor/multirun/*/*/metrics.json")))
    if finished != begun:
        raise SystemExit(f"{begun - finished} of {begun} runs have not finished")
    return cost


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as scratch:
        rows = Path(scratch, "rows.pt")
        splits = XOR(num_train=5000, num_val=500, num_test=500, noise=0.1).splits
        torch.save([*splits.train, *splits.test], rows)
        ratios: dict[str, list[float]] = {"basic launcher": [], "sliced-tensor loop": []}
        for number in range(1, ROUNDS + 1):
            folder = Path(scratch, str(number))
            stacked = sweep(folder / "v", f"seed=range(0,{NUM_SEEDS})", "hydra/launcher=vectorized").seconds / NUM_SEEDS
            one, nine = (sweep(folder / f"b{n}", f"seed=range(0,{n})").seconds for n in (1, 9))
            basic = (nine - one) / 8
            loop = float(measured([sys.executable, HAND_WRITTEN, "tensors", str(rows)]).output.split()[0])
            ratios["basic launcher"].append(basic / stacked)
            ratios["sliced-tensor loop"].append(loop / stacked)
            print(
                f"round {number}: a run takes {stacked:.3f} s vectorized, {basic:.2f} s with the basic launcher, "
                f"{loop:.2f} s by hand",
                flush=True,
            )
        limits = {"basic launcher": 25, "sliced-tensor loop": 6}
        print(f"\nXOR, 200 epochs, {NUM_SEEDS} seeds: times faster than, medians of {ROUNDS} rounds (least to most)")
        for name, values in ratios.items():
            least, most = min(values), max(values)
            print(f"  {name:<22}{statistics.median(values):.0f}  ({least:.0f} to {most:.0f})  at least {limits[name]}")
        words = ["seed=range(0,250)", "optimizer.lr=0.01,0.03,0.1,0.3", "hydra/launcher=vectorized"]
        thousand = sweep(Path(scratch, "thousand"), *words)
        print(f"\n1000 XOR runs, 250 seeds × 4 learning rates: {thousand.seconds:.0f} s, {thousand.memory:.1f} GiB")
        print("  limits: 150 s on 4 cores, 4 GiB")
        large(Path(scratch, "large"))


def large(runs: Path) -> None:
    """Measure what does not depend on the number of epochs: 10,000 runs of two epochs each as rows of one table."""
    words = [f"seed=range(0,{MANY})", "trainer.max_epochs=2", "hydra/launcher=vectorized"]
    cost = measured([*TRAIN, *words, "hydra.launcher.folders=none", f"runs_dir={runs}"])
    (folder,) = runs.glob("xor/multirun/*")
    if (finished := len(read(folder))) != MANY:
        raise SystemExit(f"{MANY - finished} of {MANY} runs have no row")
    compared = measured([sys.executable, "-m", "src.compare", f"sweep={folder}"])
    print(f"\n{MANY:,} XOR runs of 2 epochs without folders: {cost.seconds:.0f} s, {cost.memory:.1f} GiB")
    print(f"  src.compare: {compared.seconds:.1f} s, {compared.memory:.1f} GiB; limits: 1.5 GiB, 20 s")


if __name__ == "__main__":
    main()
