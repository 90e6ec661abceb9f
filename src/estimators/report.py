"""The scores of a network and its baselines: as `baselines.json`, as a table, and as one sentence."""

import math
from typing import Literal

from pydantic import BaseModel

from src.reporting.columns import aligned
from src.settings.rules import direction

_WIDTH = 80

Word = Literal["beats", "equals", "does not beat", "undecided"]


class Row(BaseModel):
    """One line: the network, or a baseline.

    Attributes:
        name: Name of the baseline.
        val: The metric on validation rows.
        scores: Scores on test rows.
        intervals: Their 95 % intervals.
        difference: The network's metric minus this one's on test rows; None for the network itself.
        ends: The 95 % interval of that difference, if it has one.
        seconds: Time of the fit, in seconds.
        remark: A remark on the fit.
    """

    name: str
    val: float | None
    scores: dict[str, float | None]
    intervals: dict[str, tuple[float | None, float | None]] = {}
    difference: float | None = None
    ends: tuple[float, float] | None = None
    seconds: float = 0.0
    remark: str = ""


class Report(BaseModel):
    """A network and its baselines on the same rows.

    Attributes:
        metric: The metric to compare by.
        rope: The largest difference of the metric that does not matter in practice.
        seed: Seed of the baselines.
        train_rows: Training rows that the baselines were fitted to.
        train_rows_of: Training rows of the network.
        test_rows: Test rows.
        threshold: The rule or the threshold of the network and the baselines; empty for one half.
        splits: The splits that all numbers are averaged over; empty for a single run.
        validates_on_training: Whether the rows that chose the best baseline are training rows.
        network: The network.
        baselines: The baselines, the simplest first.
        best: The name of the baseline that validation chose.
        word: How the network compares with it.
        sentence: The same as a sentence.
    """

    metric: str
    rope: float
    seed: int
    train_rows: int
    train_rows_of: int
    test_rows: int
    threshold: str = ""
    splits: str = ""
    validates_on_training: bool
    network: Row
    baselines: list[Row]
    best: str = ""
    word: Word = "undecided"
    sentence: str = ""

    def concluded(self) -> "Report":
        """The report with the best baseline by validation, and how the network compares with it."""
        sign = -1 if direction(self.metric) == "min" else 1
        best = max(self.baselines, key=lambda row: -math.inf if _is_none(row.val) else sign * float(row.val or 0))
        word = verdict(best.difference, best.ends, sign, self.rope)
        return self.model_copy(update={"best": best.name, "word": word, "sentence": self._said(best, word)})

    def _said(self, best: Row, word: Word) -> str:
        within = f" within {self.rope:g}" if word == "equals" else ""
        of = f"{best.name}{within}, the best baseline by validation {_spoken(self.metric)}"
        number = f"test {_spoken(self.metric)} differs by {_sure(best.difference, best.ends, '+')}"
        if word == "undecided":
            return f"Undecided between the network and {of}: {number}."
        return f"The network {word} {of}: {number}."

    def lines(self) -> list[str]:
        """The table, the remarks on it, and the sentence."""
        beside = [name for name in _BESIDE if name in self.network.scores and name != self.metric]
        metric = _spoken(self.metric)
        cells = [["", f"val {metric}", f"{metric} [95 %]", *map(_spoken, beside), "network minus baseline [95 %]"]]
        for row in (self.network, *self.baselines):
            sure = _sure(row.scores.get(self.metric), row.intervals.get(self.metric))
            difference = "" if row.difference is None else _sure(row.difference, row.ends, "+")
            cells.append(
                [row.name, _number(row.val), sure, *(_number(row.scores.get(name)) for name in beside), difference]
            )
        table = aligned(cells, names=True, width=_WIDTH - 2).split("\n")
        return [*(f"  {line}".rstrip() for line in (*table, *self._remarks())), self.sentence]

    def _remarks(self) -> list[str]:
        rows = f"{self.train_rows:,} training rows"
        if self.train_rows < self.train_rows_of:
            rows = f"{self.train_rows:,} of the {self.train_rows_of:,} training rows, drawn at random"
        found = [f"baselines: scikit-learn's, fitted to {rows}, scaled as for the network; seed {self.seed}"]
        if self.threshold:
            found.append(f"threshold of network and baselines: {self.threshold}")
        if self.validates_on_training:
            found.append("validation rows are training rows here, which favours baselines that memorise rows")
        found += [f"{row.name}: {row.remark}" for row in self.baselines if row.remark]
        if self.splits:
            return [*found, f"numbers are means over {self.splits}, averaged over seeds first; so are the intervals"]
        return [*found, "intervals are over test rows only; another seed would give another network"]


_BESIDE = ("accuracy", "roc_auc", "log_loss", "r2", "mae")


def verdict(difference: float | None, ends: tuple[float, float] | None, sign: int, rope: float) -> Word:
    """How a network compares with a baseline, by the difference of a score and its interval.

    Args:
        difference: The network's score minus the baseline's.
        ends: The interval; None without one.
        sign: 1 if higher is better, -1 if lower is.
        rope: The largest difference that does not matter in practice.

    Example:
        >>> verdict(0.05, (0.02, 0.08), sign=1, rope=0.01), verdict(0.05, (0.02, 0.08), sign=-1, rope=0.01)
        ('beats', 'does not beat')
        >>> verdict(0.0, (-0.1, 0.1), sign=1, rope=0.01), verdict(0.0, (-0.01, 0.005), sign=1, rope=0.01)
        ('undecided', 'equals')
    """
    if difference is None or ends is None or math.isnan(difference):
        return "undecided"
    low, high = sorted(sign * end for end in ends)
    if -rope <= low and high <= rope:
        return "equals"
    return "beats" if low > 0 else "does not beat" if high < 0 else "undecided"


def _spoken(name: str) -> str:
    return name.replace("_", " ")


def _is_none(value: float | None) -> bool:
    return value is None or math.isnan(value)


def _number(value: float | None, sign: str = "") -> str:
    if value is None or math.isnan(value):
        return "–"
    return f"{value:{sign}.4f}" if value == 0 or 1e-4 <= abs(value) < 1e5 else f"{value:{sign}.2e}"


def _sure(value: float | None, ends: tuple[float | None, float | None] | None, sign: str = "") -> str:
    """A number and its interval."""
    if value is None or ends is None or ends[0] is None or ends[1] is None:
        return _number(value, sign)
    return f"{_number(value, sign)} [{_number(ends[0], sign)}, {_number(ends[1], sign)}]"
