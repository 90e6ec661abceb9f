"""A comparison as files: CSV, JSON, Markdown and LaTeX."""

from pathlib import Path

from src.comparing.comparison import Comparison
from src.comparing.naming import named
from src.comparing.report import heading, interval_kind
from src.comparing.tables import latex, markdown
from src.storage.files import aside
from src.storage.values import write_csv, write_json


def write_tables(folder: Path, comparison: Comparison) -> list[str]:
    """Write a comparison as `compare.csv`, `.json`, `.md` and `.tex` into a folder; returns their names."""
    keys, reference, rows = comparison.keys, comparison.reference, comparison.records()
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
