"""What runs and sweeps leave in their folders, and when: what a command may remove, and what is not a stranger's."""

from pathlib import Path

from src.storage.folders import RUN, SWEEP


def _names(*paths: Path) -> tuple[str, ...]:
    return tuple(map(str, paths))


def _parts(*paths: Path) -> tuple[str, ...]:
    """Patterns of temporary files that a killed process may have left of such files."""
    return _names(*(path.with_name(f".{path.name}.*-????????.part") for path in paths))


_MEASURED = (
    *(RUN.history, RUN.metrics, RUN.threshold, RUN.calibration, RUN.baselines, RUN.rates),
    *(RUN.rows_seen, RUN.row_digests, RUN.provenance, RUN.data_facts, RUN.fold_predictions, RUN.board),
)
"""What training and evaluation write besides checkpoints and figures."""

SWEEP_FILES = _names(SWEEP.mark, SWEEP.overrides, SWEEP.study)
"""What a sweep's folder contains before its first run has begun."""

UNFINISHED_FILES = _names(
    *(path for path in _MEASURED if path != RUN.metrics),
    *(RUN.best_checkpoint, RUN.last_checkpoint, RUN.tensorboard / "events.out.tfevents.*"),
    RUN.plots / f"{RUN.rates.stem}.*",
)
"""The files of an unfinished run, which a new run must not mistake for its own."""

PARTS = _parts(*_MEASURED, RUN.hydra / "*.yaml", RUN.checkpoints / "*.ckpt", RUN.plots / "*")
"""The temporary files that a killed process may have left in a run's folder."""

SWEEP_PARTS = _parts(SWEEP.path / "stack*.ckpt", SWEEP.table, SWEEP.configs)
"""The same in a sweep's folder."""

RUN_FILES = _names(RUN.mark, RUN.config, RUN.hydra_config, RUN.overrides, RUN.log)
"""What a run's folder contains before training has begun."""

UNBEGUN_FILES = (
    *(*RUN_FILES, *UNFINISHED_FILES, *PARTS),
    *(str(RUN.tensorboard / "hparams.yaml"), "csv/hparams.yaml", str("csv" / RUN.history)),
)
"""What a process may leave in a run's folder if it ends before there is anything to resume from."""

OWN_FILES = {*map(Path, RUN_FILES), *_MEASURED}
"""The files of a run, seen from its folder."""

OWN_FOLDERS = {RUN.hydra, RUN.checkpoints, RUN.plots, RUN.tensorboard}
"""The folders of a run, seen from its own."""
