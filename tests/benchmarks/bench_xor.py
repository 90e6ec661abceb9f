"""Row 10, noisy XOR, with every feature on, against the loops that people write by hand: `make bench`.

Each round runs all programs one after another in fresh processes, so that a machine whose speed drifts slows them
alike; what counts is the ratio within a round. Prints the ratios of fit time and of whole-process time.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

from src.data.synthetic.xor import XOR

ROUNDS = 5
HAND_WRITTEN = str(Path(__file__).with_name("hand_written.py"))
# Early stopping is on, and never stops: its patience is one epoch short of all.
OURS = ["-m", "src.train", "experiment=xor", "callbacks.early_stopping.patience=199"]


def timed(arguments: list[str]) -> tuple[float, str]:
    """Wall seconds and output of a fresh Python process."""
    start = time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], check=True, capture_output=True, text=True)
    return time.perf_counter() - start, done.stdout


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as scratch:
        rows = Path(scratch, "rows.pt")
        splits = XOR(num_train=5000, num_val=500, num_test=500, noise=0.1).splits
        torch.save([*splits.train, *splits.test], rows)
        records = []
        for number in range(ROUNDS + 1):  # the first round warms caches up
            folder = Path(scratch, f"run_{number}")
            ours_process, _ = timed([*OURS, f"hydra.run.dir={folder}"])
            ours_fit = json.loads((folder / "metrics.json").read_text())["fit_seconds"]
            loader_process, loader = timed([HAND_WRITTEN, "dataloader", str(rows)])
            _, sliced = timed([HAND_WRITTEN, "tensors", str(rows)])
            loader_fit, sliced_fit = float(loader.split()[0]), float(sliced.split()[0])
            if number:
                records.append(
                    {
                        "fit time / DataLoader loop": ours_fit / loader_fit,
                        "fit time / sliced-tensor loop": ours_fit / sliced_fit,
                        "whole process / DataLoader script": ours_process / loader_process,
                    }
                )
                print(
                    f"round {number}: ours {ours_fit:.2f} s, DataLoader loop {loader_fit:.2f} s, "
                    f"sliced tensors {sliced_fit:.2f} s; processes {ours_process:.2f} s and {loader_process:.2f} s"
                )
        limits = {"fit time / DataLoader loop": 0.5, "whole process / DataLoader script": 1.3}
        print(f"\nXOR, 200 epochs, medians of {ROUNDS} rounds (least to most)")
        for name in records[0]:
            values = sorted(record[name] for record in records)
            limit = f"  limit {limits[name]}" if name in limits else ""
            print(f"  {name:<36}{statistics.median(values):.2f}  ({values[0]:.2f} to {values[-1]:.2f}){limit}")


if __name__ == "__main__":
    main()
