"""The text of a comparison: its heading, the cells of its table, and the sentences below it."""

import math
from collections.abc import Sequence

from src.comparing.naming import named, shown
from src.comparing.settings import Setting
from src.comparing.verdicts import Verdict

_MAX_NAMED = 8  # settings in a sentence


def percent(share: float) -> str:
    """A share as a whole percentage; 0% and 100% appear only for none and all."""
    rounded = round(100 * share)
    return f"{rounded if share in (0, 1) else min(max(rounded, 1), 99)}%"


def heading(metric: str, ranked_by: str | None) -> str:
    """What settings are ranked by and reported on.

    Args:
        metric: The reported metric.
        ranked_by: The metric that ranks; None is the reported metric itself.
    """
    if ranked_by is not None:
        return f"ranked by mean {ranked_by}, reported on {metric}"
    if metric.startswith("test/"):
        return f"ranked by mean {metric} itself, so the first row is optimistic"
    return f"ranked by mean {metric}"


def table(
    rows: Sequence[Setting], keys: Sequence[str], metric: str, verdicts: Sequence[Verdict], most: int | None = None
) -> list[list[str]]:
    """The header of a table, and the cells of each row.

    Args:
        rows: Settings, the best first.
        keys: The keys that define a setting.
        metric: The compared metric.
        verdicts: One per row, or none at all.
        most: Maximum number of rows; None shows all.
    """
    judged = any(row.num_judged for row in rows)
    failed, unfinished = any(row.failed for row in rows), any(row.num_unfinished for row in rows)
    ranked_by = rows[0].ranked_by
    columns: list[tuple[str, bool]] = [
        ("runs", True),
        ("failed", failed),
        ("unfinished", unfinished),
        (ranked_by or "", ranked_by is not None),
        (f"{metric} [95 %]", True),
        ("solved [95 %]", judged),
        ("seconds", True),
        ("vs reference [95 %]", bool(verdicts)),
    ]
    lines = [[*keys, *(name for name, kept in columns if kept)]]
    for place, row in enumerate(rows[:most]):
        cells = [
            str(len(row.finished)),
            str(len(row.failed)),
            str(row.num_unfinished),
            _number(row.rank),
            _score(row),
            _solved(row),
            "–" if math.isnan(row.seconds) else f"{row.seconds:.2f}",
            _against(verdicts[place]) if verdicts else "",
        ]
        kept = [cell for cell, (_, wanted) in zip(cells, columns, strict=True) if wanted]
        lines.append([*map(shown, row.values), *kept])
    return lines


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.4f}"


def _score(row: Setting) -> str:
    """The mean and its interval, or what replaces it."""
    numbers = list(row.units.values())
    if row.two_modes:
        return f"{row.mean:.4f} (two modes{': read the share' if row.num_judged else ''})"
    if row.ends is not None:
        return f"{row.mean:.4f} [{row.ends[0]:.4f}, {row.ends[1]:.4f}]"
    if len(numbers) == 2:
        return f"{row.mean:.4f} ({numbers[0]:.4f} and {numbers[1]:.4f})"
    return f"{row.mean:.4f} (all {len(numbers)} alike)" if len(numbers) > 2 else _number(row.mean)


def _solved(row: Setting) -> str:
    rate, ends = row.success_rate, row.success_ends
    if rate is None or ends is None:
        return "–"
    return f"{percent(rate)} ({row.num_solved}/{row.num_judged}) [{percent(ends[0])}, {percent(ends[1])}]"


def _against(verdict: Verdict) -> str:
    if verdict.value is None:
        return verdict.word
    return f"{_difference(verdict)} {verdict.word}"


def _difference(verdict: Verdict) -> str:
    ends = "" if verdict.ends is None else f" [{_signed(verdict.ends[0])}, {_signed(verdict.ends[1])}]"
    return f"{'share ' if verdict.shares else ''}{_signed(verdict.value or 0.0)}{ends}"


def _signed(value: float) -> str:
    return f"{'−' if value < 0 else '+'}{abs(value):.4f}"


def notes(
    rows: Sequence[Setting], keys: Sequence[str], verdicts: Sequence[Verdict], reference: Setting | None, rope: float
) -> list[str]:
    """What the table itself does not say, one sentence each.

    Args:
        rows: Settings, the best first.
        keys: The keys that define a setting.
        verdicts: One per row, or none at all.
        reference: The setting they are compared with; None if there is only one.
        rope: The largest difference that does not matter in practice.
    """
    said = [_failures(row, keys) for row in rows if row.failed][:_MAX_NAMED]
    said += [interval_kind(rows)]
    if reference is not None:
        number = len(rows) - 1
        correction = "" if number == 1 else f" after Holm's correction for {number} differences"
        said.append(
            f"reference: {named(reference.values, keys, ' ')}; better and worse at p < 0.05{correction}, "
            f"equal if the whole interval lies within ±{rope:g}"
            + ("" if number == 1 else "; intervals of differences are 95 % each, without the correction")
        )
        said.append(_about_the_chosen(rows, keys, verdicts, reference))
    return [*said, cost(rows)]


def _failures(row: Setting, keys: Sequence[str]) -> str:
    ended = len(row.finished) + len(row.failed)
    name = named(row.values, keys, " ")
    return f"{f'{name}: ' if name else ''}{len(row.failed)} of {ended} failed ({row.failed[0].failure})"


def interval_kind(rows: Sequence[Setting]) -> str:
    """The kind of interval of the means of `rows`, and over what."""
    row = max(rows, key=lambda row: len(row.units))
    if not row.repetitions.several:
        what = f"{len(row.units)} seeds of one split, Student's t; says nothing about other rows"
    else:
        seeds = len(row.finished) / max(1, len(row.units))
        each = f", each the mean of {seeds:.0f} seeds" if seeds > 1 and seeds.is_integer() else ""
        how = "with Nadeau and Bengio's correction" if row.repetitions.one_table else "Student's t"
        what = f"{row.repetitions.counted(row.units)}{each}, {how}"
    return f"mean [95 % interval] over {what}; share solved: Wilson's interval"


def _about_the_chosen(
    rows: Sequence[Setting], keys: Sequence[str], verdicts: Sequence[Verdict], reference: Setting
) -> str:
    """One sentence about the first row that claims only what its corrected difference supports."""
    first, verdict = rows[0], verdicts[0]
    name = named(first.values, keys, " ")
    by = "which validation chose" if first.ranked_by else "the first by the scores shown here"
    if first is not reference:
        if verdict.value is None or verdict.word == "undecided":
            return f"{name}, {by}: it is undecided whether it differs from the reference"
        relation = "equal in practice to" if verdict.word == "equal" else f"{verdict.word} than"
        p = "" if verdict.p is None or verdict.word == "equal" else f", p = {verdict.p:.2g}"
        return f"{name}, {by}, is {relation} the reference: {_difference(verdict)}{p}"
    counts = {word: sum(each.word == word for each in verdicts) for word in ("worse", "better", "equal", "undecided")}
    told = ", ".join(f"{number} {word}" for word, number in counts.items() if number)
    return f"{name}, {by}, is the reference; of the others: {told}"


def cost(rows: Sequence[Setting]) -> str:
    """The cost of the whole sweep of all `rows`."""
    finished = [run for row in rows for run in row.finished]
    others = sum(len(row.runs) for row in rows) - len(finished)
    seconds = sum(float(run.metrics["fit_seconds"]) for run in finished)
    untold = f"; the time of {others} others, which have no scores, is not known" if others else ""
    return f"cost: {len(finished) + others} runs, {seconds:.2f} s of training{untold}"
