"""Intervals of shares and means, with the sources of their formulas. They never exceed the range of the score."""

import math
import statistics
from collections.abc import Sequence
from statistics import NormalDist

LEVEL = 0.95
Ends = tuple[float, float]
"""Lower and upper end."""

_SHARES = ("accuracy", "precision", "recall", "f1", "auc", "solved", "error_rate")
_SHARE_NAMES = ("average_precision", "calibration_error")
_ERRORS = ("loss", "mse", "rmse", "mae", "brier", "seconds", "epochs", "steps")


def wilson(successes: int, trials: int, level: float = LEVEL) -> Ends:
    """The interval at a confidence `level` for a share, `successes` of `trials`; from 0 to 1 without trials.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).

    Example:
        >>> [round(end, 4) for end in wilson(500, 500)]
        [0.9924, 1.0]
    """
    if trials == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + level) / 2)
    share, squared = successes / trials, z * z / trials
    middle = (share + squared / 2) / (1 + squared)
    half = z / (1 + squared) * math.sqrt(share * (1 - share) / trials + squared / trials / 4)
    low = 0.0 if successes == 0 else max(0.0, middle - half)
    high = 1.0 if successes == trials else min(1.0, middle + half)
    return low, high


def newcombe(first: tuple[int, int], second: tuple[int, int], level: float = LEVEL) -> Ends:
    """The interval of the difference of two shares, first minus second; each is (successes, trials).

    R. G. Newcombe, "Interval estimation for the difference between independent proportions", Statistics in Medicine
    17 (1998), method 10: Wilson's intervals of that `level` combined.

    Example:
        >>> [round(end, 3) for end in newcombe((8, 8), (2, 8))]  # all of eight against two of eight
        [0.28, 0.929]
    """
    p, q = first[0] / first[1], second[0] / second[1]
    (p_low, p_high), (q_low, q_high) = wilson(*first, level), wilson(*second, level)
    return p - q - math.hypot(p - p_low, q_high - q), p - q + math.hypot(p_high - p, q - q_low)


def newcombe_paired(both: int, first: int, second: int, neither: int, level: float = LEVEL) -> Ends:
    """The interval of the difference of two shares of the same rows, first minus second.

    R. G. Newcombe, "Improved confidence intervals for the difference between binomial proportions based on paired
    data", Statistics in Medicine 17 (1998), 2635 to 2650, method 10: Wilson's intervals and the correlation combined.

    Args:
        both: Rows that succeed in both.
        first: Rows that succeed only in the first share.
        second: Rows that succeed only in the second share.
        neither: Rows that succeed in neither.
        level: Confidence level.

    Example:
        >>> [round(end, 3) for end in newcombe_paired(1, 1, 7, 12)]
        [-0.507, -0.026]
    """
    trials = both + first + second + neither
    p, q = (both + first) / trials, (both + second) / trials
    (p_low, p_high), (q_low, q_high) = wilson(both + first, trials, level), wilson(both + second, trials, level)
    product = (both + first) * (second + neither) * (both + second) * (first + neither)
    excess = both * neither - first * second
    excess_corrected = min(excess, 0) + max(excess - trials / 2, 0.0)
    correlation = excess_corrected / math.sqrt(product) if product else 0.0

    def reach(one: float, other: float) -> float:
        return math.sqrt(max(0.0, one * one - 2 * correlation * one * other + other * other))

    return p - q - reach(p - p_low, q_high - q), p - q + reach(p_high - p, q - q_low)


def t_quantile(degrees: float, level: float = LEVEL) -> float:
    """The number of standard errors on either side for a confidence `level` and `degrees` of freedom of Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, (1 + level) / 2))


def student(numbers: Sequence[float], level: float = LEVEL) -> float | None:
    """Half the interval of the mean of independent `numbers` by Student's t at a `level`; None for fewer than two.

    Example:
        >>> round(student([1.0, 2.0, 3.0]), 3)  # 4.303 times 1 over the square root of 3
        2.484
    """
    return resplit(numbers, 0.0, level)


def resplit(numbers: Sequence[float], ratio: float, level: float = LEVEL) -> float | None:
    """Half the width of the interval for the mean over splits of one table, which share rows; None for fewer than two.

    C. Nadeau and Y. Bengio, "Inference for the generalization error", Machine Learning 52 (2003): the variance is
    multiplied by 1/J + `ratio` in place of 1/J.

    Args:
        numbers: The score of each of the J splits.
        ratio: Test rows per training row of a split; 0 is Student's t.
        level: Confidence level.

    Example:
        >>> round(resplit([1.0, 2.0, 3.0], ratio=0.25), 3)
        3.286
    """
    if len(numbers) < 2:
        return None
    return t_quantile(len(numbers) - 1, level) * standard_error(numbers, ratio)


def standard_error(numbers: Sequence[float], ratio: float = 0.0) -> float:
    """The standard error of the mean of two or more `numbers`; `ratio` as for `resplit`."""
    return statistics.stdev(numbers) * math.sqrt(1 / len(numbers) + ratio)


def score_range(metric: str) -> Ends:
    """The range of a metric, by the last words of its name.

    Example:
        >>> score_range("test/accuracy"), score_range("val/loss"), score_range("test/r2")
        ((0.0, 1.0), (0.0, inf), (-inf, 1.0))
    """
    name = metric.rpartition("/")[2]
    word = name.rpartition("_")[2]
    if word in _SHARES or name in _SHARE_NAMES:
        return 0.0, 1.0
    if word in _ERRORS:
        return 0.0, math.inf
    if word in ("mcc", "kappa"):
        return -1.0, 1.0
    return -math.inf, 1.0 if word == "r2" else math.inf


def around(middle: float, half: float, limits: Ends = (-math.inf, math.inf)) -> Ends:
    """The interval from `middle` - `half` to `middle` + `half`, within the `limits` of the score.

    Example:
        >>> around(0.9, 0.2, (0.0, 1.0))
        (0.7, 1.0)
    """
    return max(limits[0], middle - half), min(limits[1], middle + half)
