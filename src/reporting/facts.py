"""A few lines that describe a table."""

from collections.abc import Iterable, Mapping
from typing import Any

_SHOWN = 3
_MOST_CLASSES = 6
_LONGEST = 40  # characters of a reason


def facts_lines(facts: Mapping[str, Any]) -> list[str]:
    """Lines about the classes, the columns and the missing cells of a table.

    Args:
        facts: The contents of `data.json`.

    Example:
        >>> columns = {"size": {"kind": "number", "missing": 3}}
        >>> columns["id"] = {"kind": "left out", "missing": 0, "why": "an id"}
        >>> for line in facts_lines({"rows": 10, "columns": columns, "classes": {"no": 6, "yes": 2}}):
        ...     print(line)
        classes: no 6, yes 2 of the training rows; the largest is 75 % of them
        columns: 1 number; 1 left out: id (an id)
        missing: 3 cells of size, 30 % of it
    """
    return [
        *class_line(facts.get("classes") or {}, facts.get("task") == "multilabel"),
        *_columns(facts["columns"]),
        *_missing(facts),
    ]


def class_line(classes: Mapping[str, int], several: bool = False) -> list[str]:
    """A line about the training rows of each class; empty without classes.

    Args:
        classes: Training rows of each class, or with each label.
        several: Whether a row may have several labels.

    Example:
        >>> class_line({"a": 1, "b": 1})
        ['classes: a 1, b 1 of the training rows; the largest is 50 % of them']
    """
    if not classes:
        return []
    total, most = max(1, sum(classes.values())), max(classes.values())
    share = "" if several else f"; the largest is {100 * most / total:.0f} % of them"
    shown = sorted(classes, key=lambda name: -classes[name])
    few = [f"{name} {classes[name]:,}" for name in (classes if len(classes) <= _MOST_CLASSES else shown[:_SHOWN])]
    more = "" if len(few) == len(classes) else f" and {len(classes) - len(few):,} more, down to {classes[shown[-1]]:,}"
    return [f"{'labels' if several else 'classes'}: {', '.join(few)}{more} of the training rows{share}"]


def _columns(columns: Mapping[str, Mapping[str, Any]]) -> Iterable[str]:
    by_kind: dict[str, list[str]] = {}
    for name, facts in columns.items():
        by_kind.setdefault(facts["kind"], []).append(name)
    nouns = {"number": ("number", "numbers"), "date": ("date", "dates"), "category": ("category", "categories")}
    parts = [f"{len(by_kind[kind]):,} {nouns[kind][len(by_kind[kind]) != 1]}" for kind in nouns if by_kind.get(kind)]
    if out := by_kind.get("left out"):
        reasons = [f"{name or repr('')} ({columns[name]['why'][:_LONGEST]})" for name in out[:_SHOWN]]
        more = f" and {len(out) - _SHOWN:,} more" if len(out) > _SHOWN else ""
        parts.append(f"{len(out):,} left out: {', '.join(reasons)}{more}")
    yield f"columns: {'; '.join(parts)}"


def _missing(facts: Mapping[str, Any]) -> Iterable[str]:
    gone = {name: each["missing"] for name, each in facts["columns"].items() if each["missing"]}
    if not gone:
        return
    most = max(gone, key=lambda name: gone[name])
    share = f"{100 * gone[most] / facts['rows']:.2g} % of it"
    if len(gone) == 1:
        yield f"missing: {gone[most]:,} {'cell' if gone[most] == 1 else 'cells'} of {most}, {share}"
    else:
        cells = f"{sum(gone.values()):,} cells of {len(gone):,} columns"
        yield f"missing: {cells}, most in {most} ({gone[most]:,}, {share})"
