"""Two settings compared: the difference, its interval, and its p-value."""

import math
import statistics
from collections.abc import Hashable, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from src.statistics.intervals import Ends, newcombe, standard_error, t_quantile

_FEWEST = 3  # pairs that the interval of a difference needs


class Difference(NamedTuple):
    """The difference between two settings.

    Attributes:
        value: The difference of the means.
        ends: Its interval, or None if there are too few numbers or all differences are equal.
        p: The p-value: the probability of such a difference if there is none; 1 if it cannot be computed.
    """

    value: float
    ends: Ends | None
    p: float


def of_means(first: Mapping[Hashable, float], second: Mapping[Hashable, float], ratio: float = 0.0) -> Difference:
    """The difference of two means, first minus second: paired if repetitions are shared, otherwise Welch's t.

    If all differences are equal, they have no standard deviation, and p is that of a sign test.

    Args:
        first: A number for each repetition, such as a seed or a split.
        second: The same for another setting.
        ratio: As for `src.statistics.intervals.resplit`.

    Example:
        >>> found = of_means({0: 0.9, 1: 0.8, 2: 0.7}, {0: 0.8, 1: 0.6, 2: 0.6})
        >>> round(found.value, 4), [round(end, 4) for end in found.ends], round(found.p, 4)
        (0.1333, [-0.0101, 0.2768], 0.0572)
    """
    shared = [repetition for repetition in first if repetition in second]
    if not shared:
        return _unpaired(list(first.values()), list(second.values()), ratio)
    pairs = [first[repetition] - second[repetition] for repetition in shared]
    value = statistics.fmean(pairs)
    if len(pairs) < _FEWEST:
        return Difference(value, None, 1.0)
    if _alike(pairs):
        return Difference(value, None, min(1.0, 2.0 ** (1 - len(pairs))) if abs(value) > _rounding(pairs) else 1.0)
    return _by_t(value, standard_error(pairs, ratio), len(pairs) - 1)


def _unpaired(first: list[float], second: list[float], ratio: float) -> Difference:
    """B. L. Welch, "The generalization of Student's problem", Biometrika 34 (1947)."""
    value = statistics.fmean(first) - statistics.fmean(second)
    if min(len(first), len(second)) < _FEWEST or _alike(first) or _alike(second):
        return Difference(value, None, 1.0)
    parts = [standard_error(numbers, ratio) ** 2 for numbers in (first, second)]
    total = sum(parts)
    degrees = total**2 / sum(part**2 / (len(numbers) - 1) for part, numbers in zip(parts, (first, second), strict=True))
    return _by_t(value, math.sqrt(total), degrees)


def _by_t(value: float, error: float, degrees: float) -> Difference:
    from scipy.special import stdtr

    half = t_quantile(degrees) * error
    return Difference(value, (value - half, value + half), 2 * float(stdtr(degrees, -abs(value) / error)))


def _rounding(numbers: Sequence[float]) -> float:
    return 1e-12 * max(1.0, *(abs(number) for number in numbers))


def _alike(numbers: Sequence[float]) -> bool:
    return max(numbers) - min(numbers) <= _rounding(numbers)


def of_shares(first: tuple[int, int], second: tuple[int, int]) -> Difference:
    """The difference of two shares, with Newcombe's interval and Fisher's exact test.

    R. A. Fisher, "The logic of inductive inference", JRSS 98 (1935); two-sided by the probability of the tables.

    Args:
        first: Successes and trials.
        second: Successes and trials of the share to subtract.

    Example:
        >>> round(of_shares((8, 8), (2, 8)).p, 4)
        0.007
    """
    (a, n), (b, m) = first, second
    tables = range(max(0, a + b - m), min(n, a + b) + 1)
    ways = {table: math.comb(n, table) * math.comb(m, a + b - table) for table in tables}
    p = sum(way for way in ways.values() if way <= ways[a]) / math.comb(n + m, a + b)
    return Difference(a / n - b / m, newcombe(first, second), p)


def holm(p_values: Sequence[float]) -> list[float]:
    """Corrected `p_values`: the probability of any false positive among them is that of a single test.

    S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6 (1979).

    Example:
        >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])]
        [0.03, 0.06, 0.06]
    """
    corrected, largest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = largest
    return corrected


def two_modes(numbers: Sequence[float], least_gap: float = 0.0) -> float | None:
    """The middle of the gap that separates `numbers` into two distant groups; None if they form one group.

    Groups are distant if less than 5 % of the variance is within them; for many normal numbers split in the middle it
    is 36 %.

    Args:
        numbers: Numbers in any order.
        least_gap: A smaller gap does not separate them.

    Example:
        >>> two_modes([0.99, 0.74, 0.98, 0.75, 0.99, 1.0]), two_modes([0.7, 0.75, 0.8, 0.85])
        (0.865, None)
    """
    ordered = sorted(numbers)
    if len(ordered) < 4 or ordered[0] == ordered[-1]:
        return None
    number, mean = len(ordered), statistics.fmean(ordered)
    centred = [each - mean for each in ordered]
    whole = math.fsum(each**2 for each in centred)
    sums = enumerate(accumulate(centred[:-1]), 1)  # between groups, the sum of squares is n s²/(i (n-i))
    between, place = max((number * total**2 / (size * (number - size)), size) for size, total in sums)
    low, high = ordered[place - 1], ordered[place]
    return (low + high) / 2 if between > 0.95 * whole and high - low >= least_gap else None
