"""Checks what a checkpoint holds besides the weights before training resumes, so that an error is one line."""

import copy
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
from omegaconf import DictConfig, OmegaConf
from torch import Generator, Tensor
from torch.optim import Optimizer

from src.data.base import InMemoryDataModule
from src.data.positive import AUTO
from src.errors import ChangedDataError, ConfigError
from src.heads.base import Head
from src.heads.ours import as_head
from src.reporting.remarks import remark
from src.runs import rows_seen
from src.runs.rows_seen import UNKNOWN
from src.trust.checkpoints import check_alike, read_checkpoint
from src.trust.datasets import source_state, spec_of

_PARTS = "optimizer_states", "lr_schedulers", "callbacks", "loops"
_OLDEST = 2  # Lightning's version whose checkpoints it can read without rewriting them


def check_resumable(checkpoint: dict[str, Any], head: pl.LightningModule, trainer: pl.Trainer, path: Path) -> None:
    """Refuse a checkpoint with an optimizer, callbacks or progress that this run's Trainer could not restore.

    Args:
        checkpoint: The checkpoint from `read_checkpoint`.
        head: The module to train.
        trainer: Its trainer.
        path: Path of the checkpoint, for messages.

    Raises:
        ConfigError: One line that names what does not fit.
    """
    for part in _PARTS:
        if part not in checkpoint:
            raise ConfigError(f"{path}: has no {part}, without which nothing can be resumed; use another checkpoint")
    part = "pytorch-lightning_version"
    try:
        if int(checkpoint[part].partition(".")[0]) < _OLDEST:
            raise ValueError(f"version {checkpoint[part]}")
        part = "rng_state"
        if part in checkpoint:
            Generator().set_state(checkpoint[part])
        part = "optimizer_states"
        if (known := as_head(head)) is not None:
            _check_classes(checkpoint, known, path)
            _try_optimizer(checkpoint, known, trainer, path)
        part = "callbacks"
        for callback in trainer.callbacks:  # type: ignore[attr-defined]
            if (state := checkpoint["callbacks"].get(callback.state_key)) is not None:
                _try_callback(callback, state, path)
        part = "loops"
        _try_progress(checkpoint, trainer, path)
    except ConfigError:
        raise
    except Exception as error:  # loading a state of another kind may raise anything
        reason = " ".join(str(error).split())
        raise ConfigError(
            f"{path}: {part}: this run cannot resume from it ({type(error).__name__}: {reason}); use another"
        ) from error


def with_classes_kept(cfg: DictConfig, names: Sequence[str], path: Path) -> DictConfig | None:
    """The `cfg` with the positive class of the checkpoint at `path`, if `auto` would now take the other, else None.

    Another version may decide differently, or the file may have changed.

    Args:
        cfg: The configuration of the resumed run.
        names: The names of its classes in their current order.
        path: Path of the checkpoint.
    """
    if cfg.data.get("positive") != AUTO or len(names) != 2 or not path.is_file():
        return None
    then = spec_of(read_checkpoint(path), path).class_names
    return OmegaConf.merge(cfg, {"data": {"positive": then[1]}}) if then == tuple(names)[::-1] else None  # type: ignore[return-value]


def check_planned(schedulers: list[dict[str, Any]], cfg: DictConfig, steps: Callable[[], int]) -> None:
    """Refuse more `steps` of a run with `cfg` than the `schedulers` in its checkpoint were planned for."""
    for scheduler in schedulers:
        planned, counted = scheduler.get("total_steps"), cfg.scheduler.get("total_steps") == "auto"
        if planned is not None and counted and planned < steps():
            raise ConfigError(
                f"trainer.max_epochs: a one-cycle schedule ends with the epochs it was planned for (got "
                f"{cfg.trainer.max_epochs}); keep the run's own, or train from scratch"
            )


def accepted_change(checkpoint: dict[str, Any], data: InMemoryDataModule, allowed: bool, path: Path) -> str | None:
    """How a run's data differ from those of its training so far; None if they do not.

    Rows that the run has seen will not be test rows, once the checkpoint has restored how rows become numbers.

    Args:
        checkpoint: The checkpoint from `read_checkpoint`.
        data: The current data.
        allowed: Whether the run may continue with changed data.
        path: Path of the checkpoint, for messages.

    Raises:
        ChangedDataError: They differ, and that is not allowed.
    """
    _ = data.splits
    data.take_source(source_state(checkpoint, type(data).__qualname__, path))
    if data.source is not None and data.trained_source is None:
        remark("unknown", UNKNOWN.format(name=data.source.name))
    data.trained_digests = rows_seen.read_digests(path.parent.parent)
    change, mixture = data.change(), data.mixture()
    if change is None and mixture is None:
        return None
    if change is not None and not allowed:
        raise ChangedDataError(
            f"resume: {change}, so continuing would make it another run; restore the data, train from scratch, or set "
            "allow_changed_data=true"
        )
    data.accepts_change = change is not None
    data.leave_out(rows_seen.read(path.parent.parent))
    return change or mixture


def _check_classes(checkpoint: dict[str, Any], head: Head, path: Path) -> None:
    """Refuse classes in another order than in training: label 1 would be the other class."""
    now, then = head.spec.class_names, spec_of(checkpoint, path).class_names
    if now != then and set(now) == set(then):
        raise ConfigError(
            f"data.positive: the run was trained with {then[-1]} as its positive class (got {now[-1]}); "
            f"set data.positive={then[-1]}, or train from scratch"
        )


def _try_optimizer(checkpoint: dict[str, Any], head: Head, trainer: pl.Trainer, path: Path) -> None:
    """Load the states of the optimizer and the scheduler into new ones."""
    finetuning = [each for each in trainer.callbacks if isinstance(each, pl.callbacks.BaseFinetuning)]  # type: ignore[attr-defined]
    if finetuning:
        head = copy.deepcopy(head)
        finetuning[0].freeze_before_training(head)
    configured = head.configure_optimizers()
    alone = isinstance(configured, Optimizer)
    optimizer: Optimizer = configured if alone else configured["optimizer"]
    if finetuning:  # as it does itself: parameter groups are those of the checkpoint
        groups = checkpoint["callbacks"][finetuning[0].state_key]["internal_optimizer_metadata"][0]
        named = dict(head.named_parameters())
        optimizer.param_groups = [{**group, "params": [named[name] for name in group["params"]]} for group in groups]
    schedulers: list[Any] = [] if alone else [configured["lr_scheduler"]["scheduler"]]
    states = checkpoint["optimizer_states"]
    if (len(states), len(checkpoint["lr_schedulers"])) != (1, len(schedulers)):
        raise ValueError("it has other optimizers or schedulers")
    for mine, theirs in zip(optimizer.state_dict()["param_groups"], states[0]["param_groups"], strict=True):
        check_alike(mine, theirs, "optimizer_states", path)
    optimizer.load_state_dict(states[0])
    for parameter, state in optimizer.state.items():
        if isinstance(parameter, Tensor):
            for name, value in state.items():
                if isinstance(value, Tensor) and value.ndim and value.shape != parameter.shape:
                    raise ValueError(f"{name} is of shape {list(value.shape)} for weights {list(parameter.shape)}")
        else:
            raise ValueError("it has no parameter's state")
    for scheduler, theirs in zip(schedulers, checkpoint["lr_schedulers"], strict=True):
        mine = scheduler.state_dict()
        if unknown := theirs.keys() - mine.keys():
            raise ValueError(f"the scheduler has no {min(map(str, unknown))}")
        check_alike(mine, theirs, "lr_schedulers", path)


def _try_callback(callback: pl.Callback, state: Any, path: Path) -> None:
    name = f"callbacks.{type(callback).__name__}"
    check_alike(callback.state_dict(), state, name, path)
    if isinstance(callback, pl.callbacks.EarlyStopping):
        copy.copy(callback).load_state_dict(state)
    elif isinstance(callback, pl.callbacks.ModelCheckpoint):
        best = state.get("best_k_models", {})
        paths = [state.get(f"{which}_model_path", "") for which in ("best", "kth_best")]
        chosen = callback.monitor is not None  # otherwise the last is the best, without a score
        if not all(not path or path in best for path in paths if chosen) or not all(map(_is_score, best.values())):
            raise ValueError("its best checkpoints are not among those that it keeps")
        if not all(Path(file).suffix == ".ckpt" for file in (*best, *filter(None, [state.get("last_model_path")]))):
            raise ValueError("it keeps files that are not checkpoints")  # and it would remove them one by one


def _is_score(value: Any) -> bool:
    return isinstance(value, Tensor) and value.ndim == 0


def _try_progress(checkpoint: dict[str, Any], trainer: pl.Trainer, path: Path) -> None:
    """Load the progress into the Trainer, which will do the same when it starts."""
    state = checkpoint["loops"]["fit_loop"]
    check_alike(trainer.fit_loop.state_dict(), state, "loops.fit_loop", path)
    if min(_numbers(state), default=0) < 0:
        raise ValueError("it has a negative count")
    trainer.fit_loop.load_state_dict(state)
    begun, complete = trainer.fit_loop.epoch_progress.current.ready, checkpoint["epoch"] + 1
    if begun not in (complete, complete + 1):
        raise ValueError(f"it counts {begun} epochs and the checkpoint {complete}")


def _numbers(node: Any) -> Iterator[int]:
    if isinstance(node, dict):
        for child in node.values():
            yield from _numbers(child)
    elif isinstance(node, int):
        yield node
