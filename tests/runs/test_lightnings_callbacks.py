"""Lightning's own callbacks, each with one override, give the same results as in plain Lightning."""

import inspect
import re
from contextlib import nullcontext

import lightning.pytorch as pl
import pytest
import torch
from lightning.pytorch import callbacks

from src.building.build import build
from src.errors import ConfigError
from src.storage.epochs import read
from tests.conftest import compose_train

SHORT = ("experiment=xor", "data.num_train=256", "data.batch_size=32", "callbacks.figures=null", "optimizer=adam")
LIGHTNING = "lightning.pytorch.callbacks"


def extra(name, **settings):
    return (f"+callbacks.x._target_={LIGHTNING}.{name}", *(f"+callbacks.x.{key}={v}" for key, v in settings.items()))


def plainly(tmp_path, callback, *overrides):
    """The same head on the same rows, trained by Lightning's Trainer alone."""
    cfg = compose_train("logger=none", "callbacks.progress_bar=null", *overrides, "data.steps_per_execution=1")
    parts = build(cfg, tmp_path / "plain")
    trainer = pl.Trainer(
        max_epochs=cfg.trainer.max_epochs,
        callbacks=[callback],
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        default_root_dir=tmp_path,
    )
    trainer.fit(parts.head, datamodule=parts.datamodule)
    return parts.head


def weights(run):
    return torch.load(run.files.last_checkpoint, weights_only=True)["state_dict"]


CASES = {
    "LearningRateFinder": ({"num_training_steps": 30}, 6),
    "BatchSizeFinder": ({"max_trials": 3}, 2),
    "BackboneFinetuning": ({"unfreeze_backbone_at_epoch": 1}, 3),
    "GradientAccumulationScheduler": ({"scheduling": "{1:2}"}, 3),
    "ModelPruning": ({"pruning_fn": "l1_unstructured", "amount": 0.3}, 2),
    "SpikeDetection": ({}, 2),
}


@pytest.mark.parametrize("name", CASES)
def test_the_weights_are_those_of_plain_lightning(name, train, tmp_path):
    settings, epochs = CASES[name]
    words = (*SHORT, f"trainer.max_epochs={epochs}")
    run = train(*words, *extra(name, **settings))
    settings = {key: {1: 2} if key == "scheduling" else value for key, value in settings.items()}
    head = plainly(tmp_path, getattr(callbacks, name)(**settings), *words)
    kept, wanted = weights(run), head.state_dict()
    for key in kept.keys() & wanted.keys():
        assert torch.equal(kept[key], wanted[key]), key
    assert not torch.equal(kept["network.2.bias"], weights(train(*words, folder="without"))["network.2.bias"]) or (
        name == "SpikeDetection"  # which only watches
    )


def test_what_was_chosen_is_said_and_kept_when_the_run_is_resumed(train):
    words = (*SHORT, *extra("LearningRateFinder", num_training_steps=30))
    run = train(*words, "trainer.max_epochs=6")
    rate = read(run.folder / "metrics.csv")[-1]["lr"]
    assert rate != 0.03
    assert f"LearningRateFinder chose a learning rate of {rate:.3g}, of 30 that it tried" in run.summary()
    run = train(*words, "trainer.max_epochs=7", f"resume={run.folder}")
    assert [row["lr"] for row in read(run.folder / "metrics.csv")[-2:]] == [rate, rate]


def test_a_search_for_the_largest_batch_ends_with_all_rows(train):
    run = train(*SHORT, "data.num_train=16", "data.batch_size=4", "trainer.max_epochs=1", *extra("BatchSizeFinder"))
    assert "BatchSizeFinder chose a batch size of 16" in run.summary()
    assert run.metrics["steps"] == 1


def test_fine_tuning_is_resumed_with_the_layers_that_were_trained(train):
    words = (*SHORT, *extra("BackboneFinetuning", unfreeze_backbone_at_epoch=1))
    whole = train(*words, "trainer.max_epochs=4", folder="whole")
    train(*words, "trainer.max_epochs=2", folder="halves")
    halves = train(*words, "trainer.max_epochs=4", f"resume={whole.folder.parent / 'halves'}", folder="halves")
    for key, value in weights(whole).items():
        assert torch.equal(value, weights(halves)[key]), key


@pytest.mark.parametrize("name", ["ModelCheckpoint", "EarlyStopping"])
def test_a_second_callback_of_one_kind_that_watches_the_same_works_beside_ours(name, train):
    run = train(*SHORT, "trainer.max_epochs=3", *extra(name, monitor="val/loss"))
    states = torch.load(run.files.last_checkpoint, weights_only=True)["callbacks"]
    assert len([key for key in states if key.startswith(name)]) == 2
    assert run.metrics["epochs"] == 3


def test_the_users_progress_bar_takes_the_place_of_ours(tmp_path):
    cfg = compose_train("logger=none", *SHORT, *extra("TQDMProgressBar"))
    assert type(build(cfg, tmp_path).trainer.progress_bar_callback) is callbacks.TQDMProgressBar


def test_throughput_is_counted_in_rows(train):
    run = train(
        *SHORT, "trainer.max_epochs=1", "trainer.log_every_n_steps=1", "logger=csv", *extra("ThroughputMonitor")
    )
    table = (run.folder / "csv" / "metrics.csv").read_text().splitlines()
    column = table[0].split(",").index("train/samples")
    assert [float(cell) for row in table[1:] if (cell := row.split(",")[column])] == [32.0 * n for n in range(1, 9)]


@pytest.mark.parametrize("name", ["LearningRateFinder", "BatchSizeFinder", "BackboneFinetuning"])
def test_what_a_cycle_was_planned_for_is_not_changed(name, tmp_path):
    with pytest.raises(ConfigError, match=rf"^scheduler: the cycle is planned before {name} changes .*; use another"):
        build(compose_train("logger=none", *SHORT, "scheduler=onecycle", *extra(name)), tmp_path)


ALL = [name for name in callbacks.__all__ if inspect.isclass(getattr(callbacks, name))]
NEEDS = {
    "EarlyStopping": {"monitor": "val/loss"},
    "GradientAccumulationScheduler": {"scheduling": "{0:2}"},
    "ModelPruning": {"pruning_fn": "l1_unstructured"},
    "OnExceptionCheckpoint": {"dirpath": "x"},
    "StochasticWeightAveraging": {"swa_lrs": 0.1},
}
REFUSED = {
    "BaseFinetuning": "callbacks: BaseFinetuning: lacks its method; derive a class of your own",
    "DeviceStatsMonitor": "choose one, such as logger=csv",
    "LearningRateMonitor": "choose one, such as logger=csv",
    "RichModelSummary": "pip install",
    "RichProgressBar": "pip install",
}


@pytest.mark.parametrize("name", ALL)
def test_each_callback_works_or_is_one_line(name, train):
    words = (*SHORT, "trainer.max_epochs=1", "callbacks.model_checkpoint=null")
    with pytest.raises(ConfigError, match=re.escape(REFUSED[name])) if name in REFUSED else nullcontext():
        run = train(*words, *extra(name, **NEEDS.get(name, {})))
        assert run.metrics["epochs"] == 1


def test_weights_of_convolutions_can_be_pruned(tmp_path):
    words = ("logger=none", "experiment=digits_cnn", *extra("ModelPruning", pruning_fn="l1_unstructured"))
    parts = build(compose_train(*words), tmp_path)
    assert all(parameter.is_contiguous() for parameter in parts.head.parameters())


def test_fine_tuning_needs_a_layer_before_the_last(train):
    with pytest.raises(ConfigError, match=r"^callbacks: BackboneFinetuning: .* 'backbone'; use a network of several"):
        train("experiment=line", "trainer.max_epochs=1", *extra("BackboneFinetuning"))
