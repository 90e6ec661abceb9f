"""`optimizer.lr=auto`: the learning rate that a run chooses for itself before it begins, written where it is used."""

import logging
import math
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from src.callbacks.figures import save
from src.errors import ConfigError
from src.heads.drawing import Drawing
from src.reporting.columns import folded
from src.reporting.summary import several
from src.settings.pictures import Pictures
from src.settings.undecided import AUTO, has_any_rate
from src.stacking.rates import Curve, Tried, try_rates
from src.storage import epochs
from src.storage.files import aside
from src.storage.folders import RunFolder

log = logging.getLogger(__name__)

_COLUMNS = "epoch", "step", "lr", "train/loss", "val/loss"


def settle(cfg: DictConfig, folder: Path) -> None:
    """Choose the learning rate of a run if its configuration leaves that open; a run that continues keeps its choice.

    The number replaces `auto` in `cfg` and in the saved configuration, so that everything that reads the run's folder
    sees the number. What was asked for stays in the saved overrides, the losses of all rates in `learning_rates.csv`.

    Args:
        cfg: The composed configuration, resolved, changed in place.
        folder: The run's folder.

    Raises:
        ConfigError: No rate can be chosen for such a run; nothing is written.
    """
    if not has_any_rate(cfg):
        return
    run = RunFolder(folder)
    if run.rates.exists():
        curve = _read(run.rates)
    else:
        if cfg.resume is not None and run.last_checkpoint.exists():
            raise ConfigError("optimizer.lr: a run that has begun keeps its learning rate (got auto); leave it out")
        plain: Any = OmegaConf.to_container(cfg, resolve=True)
        curve = try_rates(plain, folder)
        chosen = curve.chosen  # raises an error before anything is written
        _write(curve, run.rates)
        if cfg.callbacks.get("figures") is not None:
            save([_drawing(curve)], run.plots, [], Pictures(**plain.get("plots", {})))
    chosen = curve.chosen
    log.info("%s", folded(_said(curve)))
    for node in (cfg.optimizer, cfg.scheduler):
        for key in ("lr", "max_lr"):
            if node.get(key) == AUTO:
                node[key] = chosen.rate
    if run.config.exists():
        saved = OmegaConf.load(run.config)
        saved.optimizer.lr = chosen.rate  # what refers to it there follows
        with aside(run.config) as part:
            OmegaConf.save(saved, part)


def _said(curve: Curve) -> str:
    chosen, lowest, first = curve.chosen, curve.lowest, curve.tried[0]
    line = (
        f"optimizer.lr=auto chose {chosen.rate:g}: in {several(curve.steps, 'step')} val/loss fell from "
        f"{curve.untrained:.4g} to {chosen.val_loss:.4g}"
    )
    if lowest != chosen:
        line += f", at most to {lowest.val_loss:.4g} with {lowest.rate:g}"
    return f"{line} (tried {len(curve.tried)} rates from {first.rate:g} to {curve.tried[-1].rate:g})"


def _drawing(curve: Curve) -> Drawing:
    def draw() -> object:
        from src.plots.rates import rates_figure

        rates, train, val = zip(*curve.tried, strict=True)
        return rates_figure(rates, train, val, curve.chosen.rate, curve.steps)

    return Drawing("learning_rates", "learning_rates", 0, draw)


def _write(curve: Curve, path: Path) -> None:
    """Write a table with a row for each rate; the losses of those that diverged are empty."""
    losses = ([None if math.isnan(number) else number for number in each] for each in curve.tried)
    epochs.write(path, _COLUMNS, ([curve.epochs, curve.steps, *row] for row in losses), durable=True)


def _read(path: Path) -> Curve:
    """The rates in the table at `path`."""
    rows = epochs.read(path)
    tried = [Tried(row["lr"], row.get("train/loss", math.nan), row.get("val/loss", math.nan)) for row in rows]
    return Curve(tried, int(rows[0]["epoch"]), int(rows[0]["step"]))
