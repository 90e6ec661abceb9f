"""How often intervals contain the true value, and how often a comparison claims a difference that does not exist.

    python -m tests.benchmarks.bench_intervals [simulations of each kind, 1000]

Each share is printed with its Monte Carlo error; the exit code is 1 if one misses its bounds by more than two errors.
"""

import math
import re
import sys
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy import stats
from scipy.special import ndtr, ndtri

from src.comparing.comparison import compare
from src.statistics.intervals import resplit, student, wilson
from tests.comparing.made import DRAWN, FILE, sweep

KINDS = ("normal", "binomial", "solved or stuck")
CORRELATIONS = (0.0, 0.5, 0.9)
SIZES = ((4, 5), (10, 10))  # settings and seeds
RESPLITS = (5, 20, 50)
ROWS, TEST, TRAIN = 150, 30, 105
SHIFT = 0.6  # of each class from the origin, in each of two inputs: about 0.8 of the rows are on their side


class Measured(NamedTuple):
    """A share of simulations, and its bounds."""

    name: str
    share: float
    count: int
    low: float
    high: float

    @property
    def error(self) -> float:
        middle = self.high if self.low == 0 else (self.low + self.high) / 2
        return math.sqrt(middle * (1 - middle) / self.count)

    @property
    def kept(self) -> bool:
        return self.low - 2 * self.error <= self.share <= self.high + 2 * self.error

    def __str__(self) -> str:
        bounds = f"{self.low:.0%} to {self.high:.0%}" if self.low else f"at most {self.high:.0%}"
        return f"{self.name:<80}{self.share:7.2%} ± {self.error:.2%}  ({bounds}){'' if self.kept else '  MISSED'}"


def students(count: int) -> Iterator[Measured]:
    """Coverage of the mean of normal scores by Student's t."""
    generator = np.random.default_rng(0)
    for seeds in (3, 5, 10, 50):
        numbers = generator.normal(0.8, 0.03, size=(10 * count, seeds)).tolist()
        held = sum(abs(sum(row) / seeds - 0.8) <= (student(row) or 0) for row in numbers)
        yield Measured(f"t on {seeds} normal scores", held / len(numbers), len(numbers), 0.94, 0.96)


def wilsons() -> float:
    """The largest difference from SciPy's interval, over all shares of some numbers of trials."""
    return max(
        abs(own - theirs)
        for trials in (1, 2, 5, 8, 30, 114, 500)
        for successes in range(trials + 1)
        for own, theirs in zip(
            wilson(successes, trials), stats.binomtest(successes, trials).proportion_ci(method="wilson"), strict=True
        )
    )


def resplits(count: int) -> Iterator[Measured]:
    """Coverage of a classifier's true accuracy by splits of one table: least squares on two Gaussian classes.

    The truth is the mean accuracy of classifiers trained on as many rows, in closed form for each of them.
    """
    generator = np.random.default_rng(1)
    held = dict.fromkeys(RESPLITS, 0)
    tables, truths = [], []
    for _ in range(count):
        y = np.repeat([-1.0, 1.0], ROWS // 2)
        x = generator.normal(size=(ROWS, 2)) + SHIFT * y[:, None]
        scores = []
        for _ in range(max(RESPLITS)):
            order = generator.permutation(ROWS)
            trained, tested = order[:TRAIN], order[-TEST:]
            w = np.linalg.lstsq(np.c_[x[trained], np.ones(TRAIN)], y[trained], rcond=None)[0]
            scores.append(float(np.mean(np.sign(x[tested] @ w[:2] + w[2]) == y[tested])))
            middle, spread = SHIFT * w[:2].sum(), np.hypot(*w[:2])
            truths.append((ndtr((middle + w[2]) / spread) + ndtr((middle - w[2]) / spread)) / 2)
        tables.append(scores)
    truth = float(np.mean(truths))
    for splits in RESPLITS:
        for scores in tables:
            half = resplit(scores[:splits], TEST / TRAIN) or 0
            held[splits] += abs(sum(scores[:splits]) / splits - truth) <= half
        yield Measured(f"corrected interval, {splits} splits of one table", held[splits] / count, count, 0.93, 0.97)


def scores_without_difference(
    kind: str, correlation: float, settings: int, seeds: int, generator: np.random.Generator
) -> dict[int, list[tuple[float, float]]]:
    """Validation and test scores of the runs of equal settings."""
    test = generator.normal(size=(settings, seeds))
    val = correlation * test + math.sqrt(1 - correlation**2) * generator.normal(size=test.shape)
    if kind == "normal":
        pairs = 0.8 + 0.02 * val, 0.8 + 0.02 * test
    elif kind == "binomial":
        pairs = tuple(stats.binom.ppf(ndtr(each), 100, 0.8) / 100 for each in (val, test))
    else:
        noise = generator.uniform(0, 0.01, size=test.shape)
        pairs = tuple(np.where(each < ndtri(0.7), 0.98 + noise, 0.74 + noise) for each in (val, test))
    return {setting: list(zip(pairs[0][setting], pairs[1][setting], strict=True)) for setting in range(settings)}


def false_claims(kind: str, correlation: float, settings: int, seeds: int, count: int, config: dict) -> tuple[int, int]:
    """Sweeps that call a setting better or worse, and those whose sentence about the chosen setting does."""
    generator = np.random.default_rng([settings, round(10 * correlation), KINDS.index(kind)])
    against, chosen = 0, 0
    for _ in range(count):
        scores = scores_without_difference(kind, correlation, settings, seeds, generator)
        comparison = compare(sweep(scores, config, solved=0.95 if kind == "solved or stuck" else None))
        against += any(verdict.word in ("better", "worse") for verdict in comparison.verdicts)
        said = [line for line in comparison.notes if "which validation chose" in line]
        assert len(said) == 1
        chosen += bool(re.search(r" (better|worse)\b", said[0]))
    return against, chosen


def claims(count: int) -> Iterator[Measured]:
    """False differences from a fixed reference, and in the sentence about the setting that validation chose."""
    for kind in KINDS:
        for correlation in CORRELATIONS:
            for settings, seeds in SIZES:
                against, chosen = false_claims(kind, correlation, settings, seeds, count, DRAWN)
                name = f"{kind}, correlation {correlation}, {settings} settings of {seeds} seeds"
                yield Measured(f"{name}: to the reference", against / count, count, 0.0, 0.05)
                yield Measured(f"{name}: of the chosen one", chosen / count, count, 0.0, 0.05)
    against, chosen = false_claims("normal", 0.5, 4, 10, count, FILE)
    yield Measured("normal, 10 splits of one table: to the reference", against / count, count, 0.0, 0.05)


def main(count: int) -> int:
    """Print every share; returns 1 if one misses its bounds, otherwise 0."""
    difference, missed = wilsons(), 0
    print(f"{'Wilson, largest difference from SciPy':<80}{difference:.1e}  (at most 1e-9)")
    for simulate in (students, resplits, claims):
        for measured in simulate(count):
            print(measured, flush=True)
            missed += not measured.kept
    return int(missed > 0 or difference > 1e-9)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
