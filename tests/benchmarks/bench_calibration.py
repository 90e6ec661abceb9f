"""What a temperature does to the test log loss of every bundled run.

    python -m tests.benchmarks.bench_calibration [seeds, 20] [folder with the sweeps of an earlier time] [experiments]

Each experiment is trained once per seed. Those on Fashion-MNIST are trained for fewer epochs than usual, and left out
if its files are missing. The temperature is fitted on the validation rows with several penalties; for that of
`src.metrics.temperature` the mean change must be at most 0 within its standard error, and at most 2 % of the runs may
become worse by more than 0.02.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import torch

from src.metrics.scores import log_losses
from src.metrics.temperature import PENALTY, fit_temperature
from src.runs.opening import open_run

EXPERIMENTS = (
    *("and_gate", "nand_gate", "or_gate", "xor_gate", "blobs", "blobs_linear", "breast_cancer", "circles"),
    *("circles_linear", "circles_tiny", "digits", "digits_cnn", "gaussian", "iris", "moons", "moons_logistic"),
    *("multilabel", "spirals", "wine", "xor"),
)
FASHION = {"fashion_binary": (20, 2), "fashion_mlp": (20, 2), "fashion_cnn": (2, 1)}
"""Seeds at most, and epochs, of experiments that take a processor half a minute to three minutes an epoch."""

PENALTIES = (0.0001, 0.1, 1.0, 3.0, PENALTY, 30.0)
WORSE, SHARE = 0.02, 0.02


class Change(NamedTuple):
    """The effect of one temperature on one run."""

    experiment: str
    number: int
    temperature: float
    change: float


def train(experiment: str, seeds: int, runs: Path, data: str | None) -> None:
    """Train an experiment once per seed, as stacks if possible, unless it has been trained before."""
    if experiment in FASHION:
        seeds = min(seeds, FASHION[experiment][0])
    if len(list(runs.glob(f"{experiment}/multirun/*/*/metrics.json"))) >= seeds:
        return
    words = [f"experiment={experiment}", f"seed=range({seeds})", "hydra/launcher=vectorized", f"runs_dir={runs}"]
    if experiment in FASHION:
        words += [f"trainer.max_epochs={FASHION[experiment][1]}", f"data_dir={data}"]
    subprocess.run(
        [sys.executable, "-m", "src.train", "-m", *words, "logger=none", "callbacks.figures=null"],
        check=True,
        capture_output=True,
    )


def longest(experiment: str, runs: Path) -> int:
    """The most epochs that a run of an experiment was trained."""
    found = runs.glob(f"{experiment}/multirun/*/*/metrics.json")
    return max(int(json.loads(path.read_text())["epochs"]) for path in found)


def changes(experiment: str, runs: Path) -> Iterator[dict[float, Change]]:
    """The change of each run's test log loss, by penalty."""
    for number, metrics in enumerate(sorted(runs.glob(f"{experiment}/multirun/*/*/metrics.json"))):
        opened = open_run(metrics.parent)
        head, whole = opened.head, opened.datamodule.whole
        (val, val_y), (test, test_y) = head.outputs(whole("val")), head.outputs(whole("test"))
        task = "multilabel" if test_y.ndim == 2 else "multiclass"

        def loss(temperature: float, head=head, test=test, test_y=test_y, task=task) -> float:
            p = head.probabilities(test.double() / temperature)
            return float(log_losses(task, p, test_y).mean())

        before = loss(1.0)
        fitted = {penalty: fit_temperature(val, val_y, penalty) for penalty in PENALTIES}
        yield {penalty: Change(experiment, number, t, loss(t) - before) for penalty, t in fitted.items()}


def main(seeds: int, runs: Path, experiments: list[str]) -> int:
    """Print the result of each penalty, and each experiment's change with the one in use; returns 1 if it fails."""
    torch.set_num_threads(1)
    found: list[dict[float, Change]] = []
    data = next((folder for folder in ("data", "../shared/data") if Path(folder, "FashionMNIST").exists()), None)
    for experiment in experiments or [*EXPERIMENTS, *FASHION]:
        if experiment in FASHION and data is None:
            print(f"{experiment:<16}left out: Fashion-MNIST is neither in data/ nor in ../shared/data/")
            continue
        train(experiment, seeds, runs, data)
        each = list(changes(experiment, runs))
        found += each
        own = [run[PENALTY] for run in each]
        temperatures = statistics.quantiles([run.temperature for run in own] * (1 + (len(own) == 1)))
        mean, worst = statistics.fmean(run.change for run in own), max(run.change for run in own)
        middle = f"temperature {temperatures[0]:.3f} to {temperatures[2]:.3f} in the middle half"
        epochs = f", at most {longest(experiment, runs)} epochs" if experiment in FASHION else ""
        print(
            f"{experiment:<16}{len(own):3} runs  change {mean:+.5f}  worst {worst:+.5f}  {middle}{epochs}", flush=True
        )
    failed = False
    for penalty in PENALTIES:
        all_runs = [run[penalty] for run in found]
        values = [run.change for run in all_runs]
        mean, error = statistics.fmean(values), statistics.stdev(values) / len(values) ** 0.5
        worse = sum(value > WORSE for value in values) / len(values)
        worst = max(all_runs, key=lambda run: run.change)
        kept = mean <= error and worse <= SHARE
        failed |= penalty == PENALTY and not kept
        print(
            f"penalty {penalty:<8g}{len(values)} runs: mean change {mean:+.5f} ± {error:.5f}, worse by more than "
            f"{WORSE}: {worse:.1%}, the worst {worst.change:+.4f} ({worst.experiment} #{worst.number}, temperature "
            f"{worst.temperature:.3f}){'' if kept else '  MISSED'}"
        )
    return int(failed)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(scratch)
        sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20, folder, sys.argv[3:]))
