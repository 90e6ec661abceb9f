"""Time to accuracy on Fashion-MNIST: whether `experiment=fashion_fast` reaches each score in its time.

    python -m tests.benchmarks.bench_fashion_fast [data folder] [marks, such as 0.9,0.92]

Every run is a fresh process on two threads, with a seed of its own. The table has the medians over seeds of the test
accuracy and of the fit time, which includes validation and checkpoints. Nothing in a run depends on its test images.
"""

import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.rounds import timed_run


class Mark(NamedTuple):
    """A score, and the time and the settings in which it should be reached.

    Attributes:
        accuracy: On the test images.
        seconds: Of fitting, on two idle cores.
        seeds: The number of runs.
        words: The command's words besides the experiment.
    """

    accuracy: float
    seconds: float
    seeds: int
    words: tuple[str, ...]


_SHORT = "optimizer.lr=0.01", "data.shift=0"
MARKS = (
    Mark(0.90, 15, 10, (*_SHORT, "network.dims=[32,64]", "trainer.max_epochs=2", "trainer.check_val_every_n_epoch=2")),
    Mark(0.92, 40, 10, (*_SHORT, "network.dims=[32,128]", "trainer.max_epochs=4", "trainer.check_val_every_n_epoch=4")),
    Mark(0.94, 150, 3, (*_SHORT, "trainer.max_epochs=10", "trainer.check_val_every_n_epoch=10")),
    Mark(0.945, 360, 3, ("network.dropout=0.2", "trainer.max_epochs=24", "trainer.check_val_every_n_epoch=8")),
)


def measure(mark: Mark, data: str) -> bool:
    """Print the runs and the medians of a mark; whether these reach it in time."""
    words = ["experiment=fashion_fast", f"data_dir={data}", "trainer.threads=2", *mark.words]
    words += ["trainer.accelerator=cpu", "logger=none", "callbacks.figures=null"]
    found = []
    with tempfile.TemporaryDirectory() as scratch:
        for seed in range(mark.seeds):
            folder = Path(scratch, f"run_{seed}")
            _, seconds = timed_run(folder, [*words, f"seed={seed}"])
            metrics = json.loads((folder / "metrics.json").read_text())
            precision = json.loads((folder / "provenance.json").read_text())["precision"]
            found.append((metrics["test/accuracy"], seconds))
            print(f"  seed {seed}: {metrics['test/accuracy']:.4f} in {seconds:.1f} s, {precision}", flush=True)
    accuracy, seconds = (statistics.median(column) for column in zip(*found, strict=True))
    reached = sum(each >= mark.accuracy for each, _ in found)
    print(
        f"{mark.accuracy:.1%} in {mark.seconds} s ({' '.join(mark.words)}): median {accuracy:.4f} in {seconds:.1f} s; "
        f"{reached} of {mark.seeds} seeds reach it",
        flush=True,
    )
    return accuracy >= mark.accuracy and seconds <= mark.seconds


def main(words: list[str]) -> int:
    """Measure all marks or the chosen ones; 1 if a median misses its mark or its time."""
    folders = [words[0]] if words else ["data", "../shared/data"]
    data = next((folder for folder in folders if Path(folder, "FashionMNIST").exists()), None)
    if data is None:
        sys.exit(f"bench_fashion_fast: Fashion-MNIST is not in {' or '.join(folders)}; not measured")
    chosen = [float(each) for each in words[1].split(",")] if len(words) > 1 else [mark.accuracy for mark in MARKS]
    results = [measure(mark, data) for mark in MARKS if mark.accuracy in chosen]
    return int(not all(results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
