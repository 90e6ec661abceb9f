"""What a run's table was found to hold, in a file of its own in the run's folder."""

from pathlib import Path
from typing import Any

from src.reporting.facts import facts_lines
from src.storage.folders import RunFolder
from src.storage.values import write_json


def of(data: Any) -> dict[str, Any] | None:
    """Counts of a table that was just looked at, its training rows of each class with them; None of other `data`."""
    facts: dict[str, Any] | None = getattr(data, "facts", None)  # of data of one's own, nobody else knows anything
    if facts is None:
        return None
    return facts | {"task": data.task, "classes": dict(zip(data.class_names, data.spec.class_counts, strict=True))}


def lines(data: Any) -> list[str]:
    """A few lines on a table, below the line that begins a run's output; none of other `data`."""
    facts = of(data)
    return [] if facts is None else [f"  {line}" for line in facts_lines(facts)]


def write(folder: Path, data: Any) -> None:
    """Write `data.json` into a run's folder where its `data` are a table that was just looked at: counts, no cells."""
    if (facts := of(data)) is not None:
        write_json(RunFolder(folder).data_facts, facts)
