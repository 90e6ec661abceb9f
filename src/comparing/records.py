"""A comparison's settings as dictionaries of plain numbers."""

import math
from typing import Any

from src.comparing.settings import Setting
from src.comparing.verdicts import Verdict


def as_dict(row: Setting, keys: list[str], verdict: Verdict) -> dict[str, Any]:
    """A row as plain numbers by their names, with the values of its keys; None for what is not known.

    Args:
        row: A setting.
        keys: The keys that define a setting.
        verdict: How it compares with the reference; its word is empty if there is no reference.
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
        "folders": [str(run.folder) for run in row.runs if run.has_folder],
    }


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
