"""Evaluating a run on one of its splits: scores with intervals, tables, curves and figures, in a folder."""

import logging
from pathlib import Path

from omegaconf import DictConfig

from src.data.rows import Split
from src.data.scene import Scene
from src.errors import ConfigError
from src.heads.outcome import Outcome
from src.reporting.columns import folded
from src.reporting.summary import evaluation_table, meaning
from src.runs import answers, baselines
from src.runs.fold_predictions import row_names
from src.runs.fresh_draws import fresh_draw
from src.runs.opening import OpenRun, open_run
from src.settings.pictures import Pictures
from src.storage.files import aside
from src.storage.finding import find_run
from src.storage.folders import EvaluationFolder, RunFolder
from src.storage.products import check_folder, product
from src.storage.values import known_json, write_csv, write_json

log = logging.getLogger(__name__)


def outcome_of(opened: OpenRun, split: Split) -> Outcome:
    """The predictions of an `opened` run for all rows of a split, and their quality."""
    return opened.head.outcome(*opened.head.outputs(opened.datamodule.whole(split)))


def scene_of(opened: OpenRun, split: Split) -> Scene:
    """What figures of a split show besides the predictions of an `opened` run."""
    return Scene(opened.datamodule, {f"{split} split": split})


def evaluate(cfg: DictConfig) -> Path:
    """Evaluate a run and write `evaluation/` in its folder, one per split and change of data; returns that folder.

    Args:
        cfg: The configuration of `conf/evaluate.yaml`.

    Raises:
        ConfigError: There is no such run, checkpoint, threshold or temperature, or the data are of another kind.
    """
    anew = [key for key in ("calibration", "threshold") if cfg.get(key) is not None]
    opened = open_run(find_run(cfg.run, cfg.runs_dir, "run"), cfg.changes, cfg.data_dir, cfg.get("trust"), anew)
    target = RunFolder(opened.folder).evaluation(*_differences(cfg))
    check_folder(target, "run")
    change = opened.check_data(bool(cfg.get("allow_changed_data")), refuse=True)
    _check_parts(opened, cfg)
    change |= fresh_draw(opened)
    compared = bool(cfg.get("baselines"))
    if compared:
        baselines.check_own_rows(opened, cfg.split, change)
    own = True
    if cfg.threshold is not None or cfg.get("calibration") is not None:
        answers.change(opened.head, opened.datamodule, cfg.get("calibration"), cfg.threshold)
        if own := not (change or cfg.changes):
            answers.keep(opened.folder, opened.head, opened.datamodule, opened.cfg)
    outcome, pictures = outcome_of(opened, cfg.split), Pictures(**cfg.get("plots", {}))
    about = {"run": str(opened.folder), "split": cfg.split, "num_rows": len(outcome.y)}
    results = about | outcome.scores(cfg.resamples) | change
    from src.plots.style import encoded

    with product(target, "evaluation", "run", ours=_is_evaluation) as folder:
        write_json(EvaluationFolder(folder).metrics, results)
        for name, columns in outcome.tables().items():
            names = row_names(opened.datamodule, cfg.split, len(outcome.y)) if name == "predictions" else {}
            write_csv(folder / f"{name}.csv", {**names, **columns})
        for name, draw in outcome.figures(scene_of(opened, cfg.split)).items():
            with aside(folder / f"{name}{pictures.suffix}") as part:
                part.write_bytes(encoded(draw(), pictures.format, pictures.dpi))
    fresh = f" of a fresh draw, {results['fresh_draw']}" if "fresh_draw" in results else ""
    log.info("%s, %s split: %s rows%s", opened.folder, cfg.split, f"{len(outcome.y):,}", fresh)
    for line in answers.lines(opened.head):
        note = "" if own else "; for this evaluation only, since its rows are not the run's own"
        log.info("%s", folded(f"{line}{note}"))
    log.info("")
    log.info("%s\n", folded("\n".join([evaluation_table(results), *meaning(opened.spec, results)])))
    if compared or not (change or cfg.changes or cfg.split != "test"):
        for line in baselines.lines_beside(opened, results, compared):
            log.info("%s", folded(line))
    log.info("written to %s", target)
    return target


def _check_parts(opened: OpenRun, cfg: DictConfig) -> None:
    """Refuse what needs validation or training rows, for a file that has only new ones."""
    if not opened.datamodule.is_apart:
        return
    name = opened.datamodule.source.name if opened.datamodule.source else ""
    if cfg.split != "test":
        raise ConfigError(
            f"split: {name} is not what the run was trained on, so all its rows are the test split "
            f"(got {cfg.split}); leave it out"
        )
    if cfg.get("calibration") is not None:
        raise ConfigError(
            f"calibration: is fitted on validation rows, but {name} has none, since it is not what the run was "
            f"trained on (got {cfg.calibration}); leave it out"
        )
    if isinstance(cfg.threshold, str):
        raise ConfigError(
            f"threshold: a rule chooses on validation rows, but {name} has none, since it is not what "
            f"the run was trained on (got {cfg.threshold}); give a number, or leave it out"
        )


def _differences(cfg: DictConfig) -> list[str]:
    """What makes this evaluation different from the default."""
    parts = [] if cfg.split == "test" else [str(cfg.split)]
    return parts + [f"{key}={value}".replace("/", "_") for key, value in cfg.changes.get("data", {}).items()]


def _is_evaluation(folder: Path) -> bool:
    """Whether a folder without a manifest holds an evaluation by an earlier version that wrote none."""
    return known_json(EvaluationFolder(folder).metrics).keys() >= {"run", "split", "num_rows"}
