"""What must see each step sees each step: results are those of plain Lightning, and the headline says why."""

import pytest
import torch

from src.building.build import build
from src.errors import ConfigError
from src.storage.epochs import read
from tests.conftest import compose_train

SHORT = ("experiment=xor", "data.num_train=500", "trainer.max_epochs=4")
LIGHTNING = "lightning.pytorch.callbacks"
EMA = (f"+callbacks.ema._target_={LIGHTNING}.EMAWeightAveraging",)
SWA = (
    f"+callbacks.swa._target_={LIGHTNING}.StochasticWeightAveraging",
    "+callbacks.swa.swa_lrs=0.5",
    "+callbacks.swa.swa_epoch_start=2",
)


def weights(run):
    return torch.nn.utils.parameters_to_vector(run.parts.head.parameters()).detach()


@pytest.mark.parametrize("words", [EMA, SWA], ids=["EMA", "SWA"])
def test_averaging_callbacks_give_what_they_give_one_step_at_a_time(words, train):
    automatic = train(*SHORT, *words, folder="auto")
    plain = train(*SHORT, *words, "data.steps_per_execution=1", folder="plain")
    without = train(*SHORT, folder="without")
    assert torch.equal(weights(automatic), weights(plain))
    assert not torch.equal(weights(automatic), weights(without))
    assert "; one step at a time, for " in automatic.headline()
    assert "one step" not in without.headline()


def test_training_ends_after_max_steps(train):
    run = train(*SHORT, "+trainer.max_steps=10")
    assert run.metrics["steps"] == 10
    assert run.headline().endswith("; one step at a time, for trainer.max_steps=10")


def test_a_run_shorter_than_the_epochs_between_validations_is_validated_as_it_ends(train):
    run = train("experiment=and_gate", "trainer.max_epochs=2")
    rows = read(run.folder / "metrics.csv")
    assert ["val/loss" in row for row in rows] == [False, True]
    assert run.metrics["val/loss"] == pytest.approx(rows[1]["val/loss"], rel=1e-5)
    assert run.headline().endswith("; validated every 2 epochs, not 10, since it has no more")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["optimizer._target_=torch.optim.LBFGS"], "optimizer LBFGS"),
        (["+trainer.val_check_interval=0.5"], "trainer.val_check_interval=0.5"),
        (["trainer.gradient_clip_val=1.0"], "trainer.gradient_clip_val=1.0"),
        ([f"+callbacks.x._target_={LIGHTNING}.GradientAccumulationScheduler", "+callbacks.x.scheduling={2:4}"],
         "GradientAccumulationScheduler"),
    ],
)  # fmt: skip
def test_blocks_are_given_up_for(words, reason, tmp_path):
    drop = ["~optimizer.momentum", "~optimizer.nesterov", "~optimizer.weight_decay"] if "LBFGS" in reason else []
    parts = build(compose_train("logger=none", *SHORT, *words, *drop), tmp_path)
    assert parts.plan.each_step == (reason,)
    assert parts.datamodule.steps_per_execution == 1
    with pytest.raises(ConfigError, match=r"needs every step to pass through the Trainer \(got 7\)"):
        build(compose_train("logger=none", *SHORT, *words, *drop, "data.steps_per_execution=7"), tmp_path)


@pytest.mark.parametrize("name", ["EarlyStopping", "Timer"])
def test_blocks_stay_beside_callbacks_that_look_once_an_epoch(name, tmp_path):
    more = ["+callbacks.x.monitor=val/loss", "callbacks.early_stopping=null"] if name == "EarlyStopping" else []
    parts = build(compose_train("logger=none", *SHORT, f"+callbacks.x._target_={LIGHTNING}.{name}", *more), tmp_path)
    assert parts.datamodule.steps_per_execution == 4
