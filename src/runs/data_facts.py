"""A description of a run's table, in a file of its own in the run's folder."""

from pathlib import Path
from typing import Any

from src.reporting.facts import facts_lines
from src.storage.folders import RunFolder
from src.storage.values import write_json


def of(data: Any) -> dict[str, Any] | None:
    """Counts of a table that was just read, including training rows per class; None for other `data`."""
    facts: dict[str, Any] | None = getattr(data, "facts", None)  # nothing is known about a user's own data
    if facts is None:
        return None
    return facts | {"task": data.task, "classes": dict(zip(data.class_names, data.spec.class_counts, strict=True))}


def lines(data: Any) -> list[str]:
    """A few lines about a table, below the first line of a run's output; empty for other `data`."""
    facts = of(data)
    return [] if facts is None else [f"  {line}" for line in facts_lines(facts)]


def write(folder: Path, data: Any) -> None:
    """Write `data.json` into a run's folder if its `data` are a table that was just read: counts, no cells."""
    if (facts := of(data)) is not None:
        write_json(RunFolder(folder).data_facts, facts)
