"""The gallery: each experiment is trained, its score saved and its figure drawn."""

import io
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from PIL import Image

from src import lab
from src.comparing.comparison import Comparison
from src.comparing.naming import shown
from src.places import CONF
from src.plots.gif import led_by_its_end
from src.plots.style import to_png
from src.settings.options import description
from src.storage.folders import RunFolder

GALLERY = CONF.parent / "notebooks" / "gallery"
"""The folder of the figures and `gallery.json`."""

EXPERIMENTS = (
    *("and_gate", "or_gate", "nand_gate", "xor_gate", "gaussian", "moons_logistic"),
    *("line", "circles_linear", "circles", "circles_tiny", "moons", "xor"),
    *("blobs_linear", "blobs", "spirals", "iris", "wine", "breast_cancer"),
    *("multilabel", "digits", "digits_cnn", "fashion_binary", "fashion_mlp", "fashion_fast", "fashion_cnn"),
    *("sweep_noise", "sweep_depth", "sweep_width", "sweep_activation", "sweep_learning_rate", "sweep_epochs"),
    "sweep_seed",
)
"""The experiments of the gallery, in the order of a course."""

HIGHLIGHTS = ("circles", "spirals", "moons_logistic", "sweep_noise", "sweep_seed", "fashion_cnn")
"""The experiments shown in README.md."""

NEEDS_OWN_DATA = ("transfer", "table")
"""Experiments on the user's own images or tables."""

_DECIDE = ("data", "network", "head", "optimizer", "scheduler", "solved")
_PLACES = ("root", "cache")  # keys of `data` that are paths
_COLUMNS = 3
_BOUNDARIES = 8  # drawn of a sweep
_WIDTH = 480  # pixels of a figure, twice its displayed width
_BROAD, _WIDE = 8, 720  # from this many inches on, this many pixels: legible when the picture is opened
_COLOURS = 128
_FRAMES = 36  # of a movie: two thirds of a megabyte, and still smooth enough


@dataclass(frozen=True)
class Entry:
    """An experiment's entry in the gallery.

    Attributes:
        number: The score, such as `test/accuracy 0.9575`, and whether it solves the problem.
        value: The number alone, to compare with a current run.
        settings: The settings it was measured with, by dotted names.
    """

    number: str
    value: float
    settings: dict[str, Any]


def command(experiment: str) -> str:
    """The command that runs an experiment."""
    return f"python -m src.train experiment={experiment}"


def settings_of(experiment: str) -> dict[str, Any]:
    """The settings on which an experiment's number depends, by dotted names such as `optimizer.lr`."""
    return _deciding(_composed(f"experiment={experiment}"))


def changed(experiment: str) -> list[str]:
    """The settings of an experiment that have changed or disappeared since it was measured.

    A key that is new since then only counts if the experiment overrides its option's value: a new key at its default
    leaves the experiment as it was, so no new training is needed.
    """
    now = settings_of(experiment)
    measured = read_entries()[experiment].settings
    different = [key for key, value in measured.items() if key not in now or now[key] != value]
    new = now.keys() - measured.keys()
    if new:
        defaults = _defaults(experiment)
        different += sorted(key for key in new if key not in defaults or now[key] != defaults[key])
    return different


def _defaults(experiment: str) -> dict[str, Any]:
    """The default settings of the options that an experiment chooses."""
    choices = _composed(f"experiment={experiment}")["hydra"]["runtime"]["choices"]
    words = [f"{group}={option}" for group, option in choices.items() if option and "hydra" not in group]
    return _deciding(_composed(*(word for word in words if not word.startswith("experiment="))))


def _composed(*words: str) -> dict[str, Any]:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        cfg = compose("train", list(words), return_hydra_config=True)
    settings: Any = OmegaConf.to_container(cfg, resolve=False)
    return dict(settings)


def _deciding(settings: dict[str, Any]) -> dict[str, Any]:
    kept = {group: settings[group] for group in _DECIDE}
    kept["data"] = {key: value for key, value in kept["data"].items() if key not in _PLACES}
    kept["callbacks"] = {"early_stopping": settings["callbacks"]["early_stopping"]}
    kept["trainer"] = {"max_epochs": settings["trainer"]["max_epochs"]}
    kept["hydra"] = {"sweeper": {"params": settings["hydra"]["sweeper"].get("params")}}
    return {"seed": settings["seed"], **_flat(kept)}


def _flat(node: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in node.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) and value else {f"{prefix}{key}": value}
    return flat


def read_entries() -> dict[str, Entry]:
    """The entries of the last gallery, by experiment."""
    path = GALLERY / "gallery.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    return {name: Entry(**values) for name, values in known.items()}


def measure(experiment: str, *overrides: str) -> Entry:
    """Train an experiment, draw its figure into the gallery and return its entry.

    Args:
        experiment: One of `EXPERIMENTS`.
        *overrides: Further command-line words, such as `data_dir=../shared/data`.

    Raises:
        ConfigError: It cannot be trained here because its data is missing.
    """
    words = [*overrides, "callbacks.figures=null", "logger=none"]
    is_sweep = experiment.startswith("sweep_")
    number, value, figure = _swept(experiment, words) if is_sweep else _trained(experiment, words)
    size = _WIDE if figure.get_figwidth() > _BROAD else _WIDTH
    (GALLERY / f"{experiment}.png").write_bytes(_small(to_png(figure)[0], size))
    return Entry(number, round(value, 4), settings_of(experiment))


def film(experiment: str, *overrides: str) -> None:
    """Train an experiment, with `overrides` as on the command line, and save the movie of its boundary."""
    frames = f"callbacks.boundary_movie.frames={_FRAMES}"
    run = lab.train(experiment, "callbacks=boundary_movie", frames, *overrides)
    gif = RunFolder(run.folder).movie().read_bytes()
    (GALLERY / f"{experiment}.gif").write_bytes(led_by_its_end(gif))


def write_entries(entries: dict[str, Entry]) -> None:
    """Save the entries."""
    lines = [f"{json.dumps(name)}: {json.dumps(asdict(entries[name]), ensure_ascii=False)}" for name in sorted(entries)]
    (GALLERY / "gallery.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")  # one line each, for short diffs


def _trained(experiment: str, words: list[str]) -> tuple[str, float, Any]:
    run = lab.train(experiment, *words)
    metric, value = run.cfg.solved.metric, run.metrics[run.cfg.solved.metric]
    verdict = "" if run.metrics["solved"] else ", not solved"
    return f"{metric} {value:.4f}{verdict}", value, _figure(run)


def _figure(run: lab.TrainedRun) -> Any:
    """The most informative figure of a run."""
    spec = run.head.spec
    if not spec.num_classes:
        return run.plot_fit()
    if spec.is_image:
        return run.plot_predictions()
    return run.plot_boundary("test") if spec.input_shape == (2,) else run.plot_confusion_matrix()


def _swept(experiment: str, words: list[str]) -> tuple[str, float, Any]:
    comparison = lab.sweep(experiment, *words).compare()
    best = comparison.settings[0]
    number = f"{sum(len(each.runs) for each in comparison.settings)} runs; {comparison.metric} {best.mean:.4f}"
    if comparison.keys:
        named = [f"{key}={shown(value)}" for key, value in zip(comparison.keys, best.values, strict=True)]
        number += f" with {', '.join(named)}"
    has_line = bool(comparison.keys) and all(isinstance(each.values[0], int | float) for each in comparison.settings)
    return number, best.mean, comparison.figure() if has_line else _boundaries(comparison)


def _boundaries(comparison: Comparison) -> Any:
    """The boundaries of a sweep, two or three per line."""
    return comparison.boundaries(_BOUNDARIES, columns=2 if len(comparison.settings) == 4 else 3)


def _small(png: bytes, size: int) -> bytes:
    """A picture of at most `size` pixels each way and few colours, a tenth of the bytes."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture.thumbnail((size, size), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    picture.quantize(_COLOURS, kmeans=8, dither=Image.Dither.NONE).save(buffer, format="png", optimize=True)
    return buffer.getvalue()


def gallery_markdown(experiments: Sequence[str], page: Path) -> str:
    """A table of pictures of some `experiments` for a `page`, from the last measurements."""
    entries = read_entries()
    pictures = os.path.relpath(GALLERY, page.parent)
    cells = [_cell(name, entries[name], pictures) for name in experiments if name in entries]
    lines = [cells[start : start + _COLUMNS] for start in range(0, len(cells), _COLUMNS)]
    return "\n".join(["<table>", *(f"<tr>{''.join(line)}\n</tr>" for line in lines), "</table>"])


def _cell(experiment: str, entry: Entry, pictures: str) -> str:
    text = escape(description(CONF / "experiment" / f"{experiment}.yaml"))
    return f"""
<td valign="top" width="33%">
<a href="{pictures}/{experiment}.png"><img src="{pictures}/{experiment}.png" alt="{text}" width="240"></a><br>
<b>{experiment}</b>: {text}<br>
{escape(entry.number)}<br>
<code>{escape(command(experiment))}</code>
</td>"""
