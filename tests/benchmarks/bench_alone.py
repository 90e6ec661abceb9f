"""Whether runs of a stack get the same scores as single runs: spirals, relu networks that train long.

    python -m tests.benchmarks.bench_alone [seeds, 64] [folder with the sweeps of an earlier time]

Rounding makes the two ways differ for one seed, more so the longer it trains; their means over seeds must differ by
less than two standard errors of the paired difference.
"""

import json
import math
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

SCORES = ("test/loss", "test/accuracy", "val/loss", "best_epoch", "epochs")
LAUNCHERS = ("vectorized", "basic")


def train(launcher: str, seeds: int, runs: Path) -> list[dict[str, float]]:
    """The metrics of each seed's run, trained unless it has been."""
    place = runs / launcher
    if len(list(place.glob("*/multirun/*/*/metrics.json"))) < seeds:
        words = ["experiment=spirals", f"seed=range({seeds})", f"hydra/launcher={launcher}", f"runs_dir={place}"]
        command = [sys.executable, "-m", "src.train", "-m", *words, "logger=none", "callbacks.figures=null"]
        subprocess.run(command, check=True, capture_output=True)
    found = sorted(place.glob("*/multirun/*/*/metrics.json"), key=lambda path: int(path.parent.name))
    return [json.loads(path.read_text()) for path in found]


def main(seeds: int, runs: Path) -> int:
    """Print each score both ways; 1 where two means differ by two standard errors or more."""
    stacked, alone = (train(launcher, seeds, runs) for launcher in LAUNCHERS)
    same = sum(one["best_epoch"] == other["best_epoch"] for one, other in zip(stacked, alone, strict=True))
    print(f"spirals, {seeds} seeds; the best epoch is the same in {same}")
    print(f"{'':14}{'stacked':>10}{'alone':>10}{'difference':>12}{'std. error':>12}")
    failed = 0
    for score in SCORES:
        pairs = [(one[score], other[score]) for one, other in zip(stacked, alone, strict=True)]
        apart = [one - other for one, other in pairs]
        mean, error = statistics.fmean(apart), statistics.stdev(apart) / math.sqrt(seeds)
        means = [statistics.fmean(column) for column in zip(*pairs, strict=True)]
        failed += abs(mean) >= 2 * error and mean != 0
        print(f"{score:14}{means[0]:10.4f}{means[1]:10.4f}{mean:12.4f}{error:12.4f}")
    return int(failed > 0)


if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 64
    with tempfile.TemporaryDirectory() as made:
        sys.exit(main(number, Path(sys.argv[2]) if len(sys.argv) > 2 else Path(made)))
