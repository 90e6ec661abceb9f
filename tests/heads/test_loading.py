"""`load_from_checkpoint` with only the path, for each head, on runs of an earlier version."""

import json
import shutil
from pathlib import Path

import lightning.pytorch as pl
import pytest
import torch
from torch import nn, optim

from src.errors import ConfigError
from src.heads.base import Head
from src.heads.binary import BinaryHead
from src.heads.multiclass import MulticlassHead
from src.heads.multilabel import MultilabelHead
from src.heads.regression import RegressionHead
from src.runs.opening import open_run

OLD = Path(__file__).parents[1] / "old_runs"
HEADS = {"binary": BinaryHead, "multiclass": MulticlassHead, "multilabel": MultilabelHead, "regression": RegressionHead}
QUIET = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False, "enable_model_summary": False}


@pytest.fixture
def runs(tmp_path):
    return Path(shutil.copytree(OLD, tmp_path / "runs"))


@pytest.mark.parametrize("kind", HEADS)
def test_a_loaded_head_measures_what_its_run_measured(kind, runs):
    trainer = pl.Trainer(accelerator="cpu", **QUIET)
    data = open_run(runs / kind).datamodule
    measured = json.loads((runs / kind / "metrics.json").read_text())
    for owner in (HEADS[kind], Head):
        head = owner.load_from_checkpoint(runs / kind / "checkpoints" / "best.ckpt")
        assert type(head) is HEADS[kind]
        for split, measure in (("val", trainer.validate), ("test", trainer.test)):
            (scores,) = measure(head, data, verbose=False)
            assert scores
            for name, value in scores.items():
                assert name.startswith(f"{split}/")
                assert value == pytest.approx(measured[name], rel=1e-5, abs=1e-6), name
        assert len(torch.cat(trainer.predict(head, data))) == len(data.splits.test.x)


def test_a_loaded_head_is_trained_further(runs):
    head = Head.load_from_checkpoint(str(runs / "binary" / "checkpoints" / "last.ckpt"), map_location="cpu")
    before = head.network[0].weight.detach().clone()
    trainer = pl.Trainer(max_epochs=1, accelerator="cpu", num_sanity_val_steps=0, **QUIET)
    trainer.fit(head, open_run(runs / "binary").datamodule)
    assert not torch.equal(before, head.network[0].weight)


def test_a_chosen_threshold_comes_with_the_best_checkpoint_alone(runs):
    chosen = json.loads((runs / "binary" / "threshold.json").read_text())["thresholds"]
    assert chosen != [0.5]
    best, last = (
        Head.load_from_checkpoint(runs / "binary" / "checkpoints" / f"{name}.ckpt") for name in ("best", "last")
    )
    assert best.thresholds == chosen
    assert last.thresholds == [0.5]


def test_what_cannot_be_loaded_is_one_line(runs, tmp_path):
    path = runs / "regression" / "checkpoints" / "best.ckpt"
    with pytest.raises(
        ConfigError, match=r"best.ckpt: belongs to a RegressionHead \(got BinaryHead\); load it with Regr"
    ):
        BinaryHead.load_from_checkpoint(path)
    with pytest.raises(ConfigError, match=r"nowhere.ckpt: there is no such checkpoint"):
        Head.load_from_checkpoint(path.with_name("nowhere.ckpt"))
    moved = tmp_path / "moved.ckpt"
    shutil.copy(path, moved)
    with pytest.raises(
        ConfigError, match=r"moved.ckpt: is not in a run folder, .*; move it back to <run folder>/check"
    ):
        RegressionHead.load_from_checkpoint(moved)
    spec = Head.load_from_checkpoint(path).spec
    parts = {"network": nn.Linear(spec.num_inputs, 1), "spec": spec, "make_optimizer": optim.SGD}
    given = RegressionHead.load_from_checkpoint(moved, strict=False, weights_only=True, **parts)
    assert given.network is parts["network"]  # what Lightning does


def test_a_run_from_somebody_else_is_not_obeyed(runs):
    config = runs / "binary" / ".hydra" / "config.yaml"
    told = config.read_text()
    for target, line in (("os.system", "not trusted"), ("tests.own_modules.WrongSize", "trust=tests")):
        config.write_text(told.replace("src.networks.mlp.MLP", target))
        with pytest.raises(ConfigError, match=rf"^network._target_: {target} .*{line}"):
            Head.load_from_checkpoint(runs / "binary" / "checkpoints" / "best.ckpt")
    config.write_text(told)
    torch.save({"state_dict": {}, "spec": {}, "epoch": 1, "evil": print}, runs / "binary" / "checkpoints" / "best.ckpt")
    with pytest.raises(ConfigError, match=r"best.ckpt: carries code or is damaged, and was not loaded"):
        Head.load_from_checkpoint(runs / "binary" / "checkpoints" / "best.ckpt")
