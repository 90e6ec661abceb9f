"""How many minibatches and optimiser steps a run takes within the Trainer's limits."""

from omegaconf import DictConfig

from src.data.base import InMemoryDataModule
from src.errors import ConfigError


def num_steps(cfg: DictConfig, datamodule: InMemoryDataModule) -> int:
    """Optimiser steps of the whole run that `cfg` describes, on the rows of its `datamodule`."""
    trainer = cfg.trainer
    devices = trainer.devices if isinstance(trainer.devices, int) else 1
    batches = -(-len(datamodule.splits.train.x) // max(1, devices) // datamodule.batch_rows)
    limit = trainer.get("overfit_batches") or trainer.get("limit_train_batches")
    if limit is not None:
        batches = min(batches, limit) if isinstance(limit, int) else int(batches * limit)
    steps = int(trainer.max_epochs * -(-batches // trainer.accumulate_grad_batches))
    return min(steps, trainer.max_steps) if trainer.get("max_steps", -1) > 0 else steps


def check_limits(cfg: DictConfig, datamodule: InMemoryDataModule) -> None:
    """Raise `ConfigError` if a fraction in `cfg` limits the `datamodule` to less than one minibatch."""
    limits = {"overfit_batches": ("train", "val"), "limit_train_batches": ("train",), "limit_val_batches": ("val",)}
    for key, splits in limits.items():
        fraction = cfg.trainer.get(key)
        if not isinstance(fraction, float) or fraction == 0:
            continue
        for split in splits:
            batches = -(-len(getattr(datamodule.splits, split).x) // datamodule.batch_rows)
            if int(batches * fraction) < 1:
                noun = "minibatch" if batches == 1 else "minibatches"
                raise ConfigError(
                    f"trainer.{key}: is less than one of the {batches:,} {noun} of the {split} split (got {fraction}); "
                    "give a number of minibatches, or lower data.batch_size"
                )


def check_schedule(cfg: DictConfig, steps: int) -> None:
    """Raise `ConfigError` if the one-cycle schedule of `cfg` ends before the `steps` of the run."""
    planned = cfg.scheduler.get("total_steps")
    if not isinstance(planned, int) or cfg.trainer.get("fast_dev_run"):
        return
    taken, unit = (steps, "steps") if cfg.scheduler.interval == "step" else (cfg.trainer.max_epochs, "epochs")
    if planned < taken:
        raise ConfigError(
            f"scheduler.total_steps: the schedule would end before the {taken:,} {unit} of the run (got {planned}); "
            "use auto"
        )
