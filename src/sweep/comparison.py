"""`src.compare`: a table in the terminal, and `compare.csv`, `compare.json`, `compare.png` and `boundaries.png`."""

import csv
import math
from pathlib import Path
from typing import Annotated, Any

from omegaconf import DictConfig, OmegaConf
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from src.config import one_line
from src.errors import ConfigError
from src.run.files import write_json
from src.sweep.reading import Record, latest_sweep, read_runs
from src.sweep.settings import Setting, known_keys, known_metric, settings, varying_keys

_MAX_ROWS = 40  # of the table in the terminal; the files have all


class CompareRules(BaseModel):
    """The keys of `conf/compare.yaml`."""

    model_config = ConfigDict(extra="forbid")
    sweep: str | Annotated[list[str], Field(min_length=1)]
    runs_dir: str
    metric: str | None
    group_by: str | list[str]
    boundaries: Annotated[int, Field(ge=0)]
    output: str | None


def compare_runs(cfg: DictConfig) -> None:
    """Compare the runs that `cfg` names, as `conf/compare.yaml` composes it.

    Raises:
        ConfigError: A value that breaks its rule, or folders in which there is nothing to compare.
    """
    try:
        rules = CompareRules.model_validate(OmegaConf.to_container(cfg, resolve=True))
    except ValidationError as error:
        raise ConfigError(one_line("", error)) from error
    names = [rules.sweep] if isinstance(rules.sweep, str) else rules.sweep
    folders = [latest_sweep(Path(rules.runs_dir)) if name == "latest" else Path(name) for name in names]
    runs = read_runs(folders)
    if rules.boundaries and _two_inputs(runs):
        _import_torch()
    metric = known_metric(runs, rules.metric)
    chosen = [rules.group_by] if isinstance(rules.group_by, str) else rules.group_by
    keys = varying_keys(runs) if chosen == ["auto"] else known_keys(runs, chosen)
    rows = settings(runs, keys, metric)
    print(table(rows, keys, metric))
    output = Path(rules.output) if rules.output else folders[0]
    output.mkdir(parents=True, exist_ok=True)
    _write_csv(output / "compare.csv", rows, keys)
    document = {"metric": metric, "group_by": keys, "settings": [as_dict(row, keys) for row in rows]}
    write_json(output / "compare.json", document)
    _draw(output / "compare.png", rows, keys, metric)
    written = ["compare.csv", "compare.json", "compare.png"]
    if rules.boundaries and _two_inputs(runs) and _draw_boundaries(output, rows, keys, rules.boundaries):
        written.append("boundaries.png")
    print(f"\nwritten to {output}: {', '.join(written)}")


def as_dict(row: Setting, keys: list[str]) -> dict[str, Any]:
    """A row as plain numbers by their names and those of its keys, None for what is not known."""
    return {
        **{
            key: list(value) if isinstance(value, tuple) else value for key, value in zip(keys, row.values, strict=True)
        },
        "runs": len(row.finished),
        "unfinished": len(row.runs) - len(row.finished),
        "mean": None if math.isnan(row.mean) else row.mean,
        "ci95": row.half_width,
        "min": min(row.numbers, default=None),
        "max": max(row.numbers, default=None),
        "success_rate": row.success_rate,
        "fit_seconds": None if math.isnan(row.seconds) else row.seconds,
        "folders": [str(run.folder) for run in row.runs],
    }


def table(rows: list[Setting], keys: list[str], metric: str) -> str:
    """The settings as aligned columns.

    Args:
        rows: The settings, the best first.
        keys: What their values are values of.
        metric: What is compared.
    """
    judged = any(row.success_rate is not None for row in rows)
    unfinished = any(len(row.finished) < len(row.runs) for row in rows)
    head = [*keys, "runs", *(["unfinished"] if unfinished else []), f"{metric} ± 95 %"]
    head += [*(["solved"] if judged else []), "seconds"]
    lines = [head] + [_cells(row, judged, unfinished) for row in rows[:_MAX_ROWS]]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    text = "\n".join("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
    more = len(rows) - _MAX_ROWS
    return text + (f"\n… and {more} more settings in compare.csv" if more > 0 else "")


def _cells(row: Setting, judged: bool, unfinished: bool) -> list[str]:
    cells = [shown(value) for value in row.values] + [str(len(row.finished))]
    if unfinished:
        cells.append(str(len(row.runs) - len(row.finished)))
    spread = "" if row.half_width is None else f" ± {row.half_width:.4f}"
    cells.append("–" if math.isnan(row.mean) else f"{row.mean:.4f}{spread}")
    if judged:
        rate = row.success_rate
        cells.append("–" if rate is None else f"{rate:.0%} ({row.num_solved}/{len(row.finished)})")
    return [*cells, "–" if math.isnan(row.seconds) else f"{row.seconds:.2f}"]


def shown(value: Any) -> str:
    """A setting's value as on the command line.

    Example:
        >>> shown((16, 8)), shown(0.1)
        ('[16,8]', '0.1')
    """
    return f"[{','.join(map(str, value))}]" if isinstance(value, tuple) else str(value)


def _write_csv(path: Path, rows: list[Setting], keys: list[str]) -> None:
    records = [as_dict(row, keys) for row in rows]
    for record in records:
        record.pop("folders")
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(records[0]))
        writer.writeheader()
        writer.writerows(records)


def _draw(path: Path, rows: list[Setting], keys: list[str], metric: str) -> None:
    from src.plots.comparison import Point, comparison_figure
    from src.plots.style import to_png

    points = [Point(row.values, row.mean, row.half_width, row.numbers) for row in rows if row.numbers]
    png, _ = to_png(comparison_figure(points, keys, metric))
    path.write_bytes(png)


def _two_inputs(runs: list[Record]) -> bool:
    """Whether there may be a boundary to draw, as far as the configuration tells; opening the run tells the rest."""
    first = next(run for run in runs if run.finished)
    has_weights = (first.folder / "checkpoints" / "best.ckpt").exists()
    return has_weights and "regression" not in str(first.config["head"]["_target_"])


def _import_torch() -> None:
    """Import what opens runs before SciPy and Matplotlib, in whose presence it takes ten seconds instead of four."""
    from src.startup import lean_imports

    with lean_imports():
        from src import run  # noqa: F401


def _draw_boundaries(output: Path, rows: list[Setting], keys: list[str], number: int) -> bool:
    """One boundary of each setting, its median run's; of a single setting one of each run."""
    if len(rows) > 1:
        chosen = [(_median(row), _title(row, keys)) for row in rows if row.finished][:number]
    else:
        chosen = [(run, f"seed {run.value('seed')}") for run in rows[0].finished][:number]
    from src.sweep.boundaries import boundaries_figure

    figure = boundaries_figure([(run.folder, title) for run, title in chosen])
    if figure is None:
        return False
    from src.plots.style import to_png

    (output / "boundaries.png").write_bytes(to_png(figure)[0])
    return True


def _median(row: Setting) -> Record:
    return sorted(row.finished, key=lambda run: float(run.metrics[row.metric]))[len(row.finished) // 2]


def _title(row: Setting, keys: list[str]) -> str:
    return "\n".join(f"{key}={shown(value)}" for key, value in zip(keys, row.values, strict=True))
