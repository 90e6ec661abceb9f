"""A comparison as files: CSV, JSON, Markdown and LaTeX."""

import math
from pathlib import Path
from typing import Any

from src.comparing.comparison import Comparison
from src.comparing.naming import named
from src.comparing.report import heading, interval_kind
from src.comparing.settings import Setting
from src.comparing.tables import latex, markdown
from src.comparing.verdicts import Verdict
from src.storage.files import aside
from src.storage.values import write_csv, write_json


def write_tables(folder: Path, comparison: Comparison) -> list[str]:
    """Write a comparison's `compare.csv`, `.json`, `.md` and `.tex` into a folder; their names."""
    keys, reference = comparison.keys, comparison.reference
    verdicts = comparison.verdicts or [Verdict("")] * len(comparison.settings)
    rows = [as_dict(row, keys, verdict) for row, verdict in zip(comparison.settings, verdicts, strict=True)]
    columns = [name for name in rows[0] if name != "folders"]
    write_csv(folder / "compare.csv", {name: [row[name] for row in rows] for name in columns})
    finished = [run for row in comparison.settings for run in row.finished]
    document = {
        "metric": comparison.metric,
        "group_by": keys,
        "settings": rows,
        "ranked_by": comparison.ranked_by or comparison.metric,
        "interval": interval_kind(comparison.settings),
        "reference": None if reference is None else named(reference.values, keys, " "),
        "rope": comparison.rope,
        "cost": {
            "runs": sum(len(row.runs) for row in comparison.settings),
            "finished": len(finished),
            "fit_seconds": sum(float(run.metrics["fit_seconds"]) for run in finished),
        },
    }
    write_json(folder / "compare.json", document)
    title = heading(comparison.metric, comparison.ranked_by)
    texts = {
        "compare.md": markdown(comparison.table(), [title, *comparison.notes]),
        "compare.tex": latex(comparison.table(), [title, *comparison.notes]),
    }
    for name, text in texts.items():
        with aside(folder / name) as part:
            part.write_text(text, encoding="utf-8")
    return ["compare.csv", "compare.json", *texts]


def as_dict(row: Setting, keys: list[str], verdict: Verdict) -> dict[str, Any]:
    """A row as plain numbers by their names and those of its keys, None for what is not known.

    Args:
        row: A setting.
        keys: What makes a setting.
        verdict: What it is beside the reference, an empty word where there is none.
    """
    (low, high), (fewest, most) = row.ends or (None, None), row.success_ends or (None, None)
    below, above = verdict.ends or (None, None)
    return {
        **{
            key: list(value) if isinstance(value, tuple) else value for key, value in zip(keys, row.values, strict=True)
        },
        "runs": len(row.finished),
        "unfinished": row.num_unfinished,
        "mean": _known(row.mean),
        "ci95": row.half_width,
        "min": min(row.numbers, default=None),
        "max": max(row.numbers, default=None),
        "success_rate": row.success_rate,
        "fit_seconds": _known(row.seconds),
        "failed": len(row.failed),
        "ranked_by": _known(row.rank),
        "repetitions": len(row.units),
        "low": low,
        "high": high,
        "two_modes": row.two_modes,
        "success_low": fewest,
        "success_high": most,
        "difference": verdict.value,
        "difference_of": None if verdict.value is None else "shares" if verdict.shares else "means",
        "difference_low": below,
        "difference_high": above,
        "p_holm": verdict.p,
        "verdict": verdict.word or None,
        "folders": [str(run.folder) for run in row.runs],
    }


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
