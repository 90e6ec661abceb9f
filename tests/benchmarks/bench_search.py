"""A search whose batches are stacks against the same search one run at a time: `make bench-search`, minutes a pair.

    python -m tests.benchmarks.bench_search [pairs=1] [trials=256] [space=rates]

Both search learning rate and momentum of moons, and with `space=shapes` also the width and the activation, without
figures and loggers: in batches of 64 with the vectorized launcher, and one trial after the other with the basic one, as
Optuna's own loop does. Of each pair, both have the same seed of the sampler. A search of as many trials has to be 12
times faster, and over the pairs the best validation loss within 5 %.
"""

import csv
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WORDS = (
    *("-m", "hydra/sweeper=optuna", "experiment=moons", "optimizer=sgd", "logger=none", "callbacks.figures=null"),
    *("optimizer.lr=tag(log,interval(0.001,1))", "optimizer.momentum=interval(0,0.99)"),
)
SPACES = {
    "rates": (),
    "shapes": ("network.hidden_dims=choice([4],[8],[16],[32])", "network.activation=choice(tanh,relu,gelu)"),
}
KINDS = {"stacks of 64": ["hydra/launcher=vectorized", "hydra.sweeper.n_jobs=64"], "one by one": []}
FASTER, WITHIN = 12, 0.05


def search(kind: str, space: str, seed: int, trials: int, runs: Path) -> tuple[float, float]:
    """Seconds of a whole search, and the best validation loss."""
    words = [*WORDS, *SPACES[space], *KINDS[kind]]
    words += [f"hydra.sweeper.sampler.seed={seed}", f"hydra.sweeper.n_trials={trials}"]
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "src.train", *words, f"hydra.sweep.dir={runs}"],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    seconds = time.perf_counter() - start
    if done.returncode not in (0, 1):  # 1: a run has diverged
        raise SystemExit(done.stderr)
    with (runs / "study.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == trials, f"{len(rows)} trials instead of {trials}"
    found = re.search(r"Best of .*: val/loss (\S+)", done.stdout)
    return seconds, min(float(row["val/loss"]) for row in rows if row["val/loss"]) if found else float("nan")


def main(pairs: int = 1, trials: int = 256, space: str = "rates") -> int:
    """Print each pair and what they come to; 1 where a limit is missed."""
    faster: list[float] = []
    worse: list[float] = []
    for seed in range(pairs):
        with tempfile.TemporaryDirectory() as scratch:
            found = {kind: search(kind, space, seed, trials, Path(scratch, kind.replace(" ", "_"))) for kind in KINDS}
        (stacked, best), (single, alone) = found.values()
        faster.append(single / stacked)
        worse.append(best / alone - 1)
        print(
            f"seed {seed}: {trials} trials, stacks {stacked:.1f} s, one by one {single:.1f} s: {faster[-1]:.1f} times; "
            f"best val/loss {best:.5f} and {alone:.5f}",
            flush=True,
        )
    ratio, mean = statistics.median(faster), statistics.fmean(worse)
    error = statistics.stdev(worse) / len(worse) ** 0.5 if len(worse) > 1 else float("nan")
    print(f"{ratio:.1f} times faster (wanted {FASTER}); best val/loss {mean:+.1%} ± {error:.1%} (wanted {WITHIN:.0%})")
    return int(ratio < FASTER or mean > WITHIN)


if __name__ == "__main__":
    given = dict(word.split("=", 1) for word in sys.argv[1:])
    sys.exit(main(int(given.get("pairs", 1)), int(given.get("trials", 256)), given.get("space", "rates")))
