"""Noisy XOR with every feature on, against hand-written loops: `make bench`."""

import tempfile
from pathlib import Path

import torch

from src.data.synthetic.xor import XOR
from tests.benchmarks.rounds import compare, timed, timed_run

HAND_WRITTEN = str(Path(__file__).with_name("hand_written.py"))
# Early stopping is on, and never stops: its patience is one epoch short of all.
OURS = ["experiment=xor", "callbacks.early_stopping.patience=199"]
LIMITS = {"fit / DataLoader loop": 0.3, "fit / sliced-tensor loop": 1.0, "process / DataLoader script": 0.7}


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as scratch:
        rows = Path(scratch, "rows.pt")
        splits = XOR(num_train=5000, num_val=500, num_test=500, noise=0.1).splits
        torch.save([*splits.train, *splits.test], rows)

        def measure(number: int) -> dict[str, float]:
            process, fit = timed_run(Path(scratch, f"run_{number}"), OURS)
            loader_process, loader = timed([HAND_WRITTEN, "dataloader", str(rows)])
            _, sliced = timed([HAND_WRITTEN, "tensors", str(rows)])
            return {
                "fit / DataLoader loop": fit / float(loader.split()[0]),
                "fit / sliced-tensor loop": fit / float(sliced.split()[0]),
                "process / DataLoader script": process / loader_process,
                "fit, seconds": fit,
            }

        compare("XOR, 200 epochs", measure, 5, LIMITS)


if __name__ == "__main__":
    main()
