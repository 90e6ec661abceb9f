"""`src.compare`: a table in the terminal and as files, `compare.png` and `boundaries.png`."""

from pathlib import Path
from typing import Annotated, Literal

from omegaconf import DictConfig, OmegaConf
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from src.comparing import out_of_fold
from src.comparing.comparison import Comparison, compare
from src.comparing.reading import read_runs
from src.comparing.searching import read_search
from src.comparing.writing import write_tables
from src.errors import ConfigError
from src.reporting.columns import folded
from src.reporting.terminal import printable
from src.settings import rules
from src.settings.pictures import Pictures
from src.settings.wording import one_line
from src.storage.files import aside
from src.storage.finding import latest_sweep
from src.storage.products import check_folder, product
from src.storage.values import known_json


class CompareRules(BaseModel):
    """The keys of `conf/compare.yaml`."""

    model_config = ConfigDict(extra="forbid")
    sweep: str | Annotated[list[str], Field(min_length=1)]
    runs_dir: str
    metric: str | None
    group_by: str | list[str]
    rank_by: Literal["val", "test"]
    reference: str | list[str] | None
    rope: Annotated[rules.NonNegative, Field(le=1e6)]
    boundaries: rules.Natural
    trust: str | list[str] | None
    output: str | None
    force: bool
    plots: Pictures


def compare_runs(cfg: DictConfig) -> None:
    """Compare the runs that `cfg` names, print a table and write the files; `conf/compare.yaml` composes `cfg`.

    Raises:
        ConfigError: A value that breaks its rule, or folders with nothing to compare.
    """
    try:
        options = CompareRules.model_validate(OmegaConf.to_container(cfg, resolve=True))
    except ValidationError as error:
        raise ConfigError(one_line("", error)) from error
    names = [options.sweep] if isinstance(options.sweep, str) else options.sweep
    folders = [latest_sweep(Path(options.runs_dir)) if name == "latest" else Path(name) for name in names]
    output = Path(options.output) if options.output else folders[0]
    check_folder(output, "output")
    searches = [search for search in map(read_search, folders) if search is not None]
    comparison = compare(
        read_runs(folders), options.metric, options.group_by, options.rank_by, options.reference, options.rope, searches
    )
    if options.boundaries and comparison.may_have_boundaries:
        _import_torch()
    print(printable(str(comparison)))
    with product(output, "comparison", "output", ours=_is_comparison, force=options.force) as folder:
        written = [*write_tables(folder, comparison), *_draw(folder, comparison, options)]
    print(printable(f"\nwritten to {output}:\n{folded('  ' + ', '.join(written))}"))
    for folder in folders:
        out_of_fold.tell(folder)


def _is_comparison(folder: Path) -> bool:
    """Whether a folder without a manifest holds a comparison by an earlier version that wrote none."""
    return known_json(folder / "compare.json").keys() >= {"metric", "group_by", "settings"}


def _draw(folder: Path, comparison: Comparison, options: CompareRules) -> list[str]:
    """Draw the figures that these runs allow; returns their file names."""
    from src.plots.style import encoded

    boundaries, pictures = options.boundaries, options.plots
    figures = {
        f"compare{pictures.suffix}": comparison.figure(),
        f"boundaries{pictures.suffix}": comparison.boundaries(boundaries, options.trust) if boundaries else None,
    }
    drawn = {name: figure for name, figure in figures.items() if figure is not None}
    for name, figure in drawn.items():
        with aside(folder / name) as part:
            part.write_bytes(encoded(figure, pictures.format, pictures.dpi))
    return list(drawn)


def _import_torch() -> None:
    """Import what opens runs before SciPy and Matplotlib; afterwards it would take ten seconds instead of four."""
    from src.command.startup import lean_imports

    with lean_imports():
        from src import runs  # noqa: F401
