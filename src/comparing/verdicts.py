"""Each setting compared with a reference: better, worse, equal, or undecided."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from src.comparing.naming import named
from src.comparing.reading import plain
from src.comparing.settings import Setting, smaller_is_better
from src.errors import ConfigError
from src.statistics.differences import Difference, holm, of_means, of_shares, two_modes
from src.statistics.intervals import LEVEL, Ends, score_range


@dataclass(frozen=True)
class Verdict:
    """How a setting compares with the reference.

    Attributes:
        word: `better`, `worse`, `equal`, `undecided`, or `reference`.
        value: The difference, setting minus reference; None if there is none.
        ends: Its 95 % interval; None with too few repetitions.
        p: The p-value with Holm's correction for the number of settings; None for the reference.
        shares: Whether the difference is between shares of solved runs instead of means.
    """

    word: str
    value: float | None = None
    ends: Ends | None = None
    p: float | None = None
    shares: bool = False


def verdicts(rows: Sequence[Setting], reference: Setting, rope: float) -> list[Verdict]:
    """How each of the settings compares with the reference.

    A setting is better or worse if its p-value with Holm's correction is below 0.05 and its interval does not lie
    within ±rope; it is equal if the whole interval does. If runs are either solved or stuck, or fail, shares are
    compared.

    Args:
        rows: All settings of a comparison.
        reference: The one to compare with.
        rope: The largest difference that does not matter in practice.
    """
    pairs = [_Pair(row, reference, rows) for row in rows if row is not reference]
    corrected = holm([pair.difference.p for pair in pairs])
    found = {id(pair.row): pair.verdict(p, rope) for pair, p in zip(pairs, corrected, strict=True)}
    return [found.get(id(row), Verdict("reference")) for row in rows]


class _Pair:
    """A setting and the reference."""

    def __init__(self, row: Setting, reference: Setting, rows: Sequence[Setting]) -> None:
        self.row, self.reference = row, reference
        stuck = any(each.two_modes for each in rows)
        self.shares = stuck or bool(row.failed or reference.failed)
        self.difference = self._of_shares(rows, stuck) if self.shares else self._of_means()

    def _of_means(self) -> Difference:
        if not self.row.units or not self.reference.units:
            return Difference(math.nan, None, 1.0)
        return of_means(self.row.units, self.reference.units, self.row.repetitions.ratio)

    def _of_shares(self, rows: Sequence[Setting], stuck: bool) -> Difference:
        """The difference of shares: of solved runs; without verdicts, of runs in the better mode or that did not fail.

        Seeds of one split and splits of one table are not independent, as the test of shares requires.
        """
        pair = self.row, self.reference
        counts = [_solved(each) if each.judged else _in_better_mode(each, rows, stuck) for each in pair]
        dependent = any(len(each.units) < len(each.finished) for each in pair) or self.row.repetitions.one_table
        if not all(trials for _, trials in counts):
            return Difference(math.nan, None, 1.0)
        first, second = counts
        found = of_shares(first, second)
        return Difference(found.value, None, 1.0) if dependent else found

    def verdict(self, p: float, rope: float) -> Verdict:
        value, ends, _ = self.difference
        if math.isnan(value):
            return Verdict("undecided", p=p, shares=self.shares)
        if ends is not None:
            low, high = (0.0, 1.0) if self.shares else score_range(self.row.metric)
            ends = max(ends[0], low - high), min(ends[1], high - low)
        larger_is_better = self.shares or not smaller_is_better(self.row.metric)
        if ends is not None and -rope <= ends[0] and ends[1] <= rope:
            word = "equal"
        elif p < 1 - LEVEL:
            word = "better" if (value > 0) == larger_is_better else "worse"
        else:
            word = "undecided"
        return Verdict(word, value, ends, p, self.shares)


def _solved(row: Setting) -> tuple[int, int]:
    return row.num_solved, row.num_judged


def _in_better_mode(row: Setting, rows: Sequence[Setting], stuck: bool) -> tuple[int, int]:
    """Runs in the better of two modes, or that did not fail if there are no modes; and runs that ended."""
    trials = len(row.finished) + len(row.failed)
    middle = two_modes([number for each in rows for number in each.numbers]) if stuck else None
    if middle is None:
        return (0, 0) if stuck else (len(row.finished), trials)
    low = smaller_is_better(row.metric)
    return sum((number < middle) == low for number in row.numbers), trials


def find_reference(rows: Sequence[Setting], keys: Sequence[str], wanted: Sequence[str] | None) -> Setting:
    """The setting named by words such as `optimizer.lr=0.1`, or the first one of the sweep if there are none.

    Args:
        rows: All settings.
        keys: The keys that define a setting.
        wanted: Values of keys; None is the setting of the first run.

    Raises:
        ConfigError: No setting has these values, or several have.
    """
    if wanted is None:
        return min(rows, key=lambda row: row.place)
    known = [dict(zip(keys, row.values, strict=True)) for row in rows]
    found = [row for row, values in zip(rows, known, strict=True) if all(_has(values, word) for word in wanted)]
    if len(found) != 1:
        choices = "; ".join(named(row.values, keys, " ") for row in rows[:8])
        if not keys:
            raise ConfigError(f"reference: the runs have only one setting (got {' '.join(wanted)}); leave it out")
        noun = "no setting has" if not found else f"{len(found)} settings have"
        raise ConfigError(f"reference: {noun} {' '.join(wanted)}; name one of {choices}")
    return found[0]


def _has(values: dict[str, Any], word: str) -> bool:
    key, _, value = word.partition("=")
    return key in values and values[key] == plain(value)
