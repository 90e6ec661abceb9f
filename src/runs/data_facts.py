"""What a run's table was found to hold, in a file of its own in the run's folder."""

from pathlib import Path
from typing import Any

from src.storage.folders import RunFolder
from src.storage.values import write_json


def write(folder: Path, data: Any) -> None:
    """Write `data.json` into a run's folder where its `data` are a table that was just looked at: counts, no cells."""
    facts = getattr(data, "facts", None)  # of data of one's own, nobody else knows anything
    if facts is not None:
        counts = data.spec.class_counts
        write_json(RunFolder(folder).data_facts, facts | {"classes": dict(zip(data.class_names, counts, strict=True))})
