"""Checkpoints that cannot be resumed: wrong contents besides the weights give one line before training begins."""

import shutil

import pytest
import torch
from omegaconf import OmegaConf

from src.building.build import build
from src.errors import ConfigError
from src.runs.training import Run
from tests.conftest import compose_train, trained

WORDS = ["logger=none", "callbacks.progress_bar=null", "callbacks.figures=null", "data.num_train=100", "optimizer=adam"]


def put(*place, value):
    """A change of the value at a place in a checkpoint; a name's beginning is enough."""

    def change(checkpoint):
        node = checkpoint
        for key in place[:-1]:
            node = node[next(each for each in node if str(each).startswith(key))] if isinstance(key, str) else node[key]
        node[place[-1]] = value

    return change


def without(key):
    return lambda checkpoint: checkpoint.pop(key)


GROUP = ("optimizer_states", 0, "param_groups", 0)
PROGRESS = ("loops", "fit_loop", "epoch_progress", "current")
CHANGES = {
    "no optimizer": put("optimizer_states", value=[]),
    "an optimizer of another kind": put("optimizer_states", value=5),
    "an optimizer without groups": put("optimizer_states", value=[{"state": {}}]),
    "a learning rate that is a text": put(*GROUP, "lr", value="x"),
    "parameters of another number": put(*GROUP, "params", value=[0]),
    "a memory of another shape": put("optimizer_states", 0, "state", 0, "exp_avg", value=torch.zeros(77)),
    "a memory that is a text": put("optimizer_states", 0, "state", 0, value="x"),
    "a scheduler that there is not": put("lr_schedulers", value=[{"step": 5}]),
    "no progress": put("loops", value={}),
    "progress of another kind": put("loops", "fit_loop", value=5),
    "epochs that are a text": put(*PROGRESS, "ready", value="x"),
    "epochs below none": put(*PROGRESS, "completed", value=-5),
    "epochs that were never trained": put("epoch", value=10**9),
    "callbacks of another kind": put("callbacks", value=5),
    "a patience that is a text": put("callbacks", "EarlyStopping", "wait_count", value="x"),
    "a reason that there is not": put("callbacks", "EarlyStopping", "stopping_reason", value=99),
    "a best score of several numbers": put("callbacks", "EarlyStopping", "best_score", value=torch.zeros(3)),
    "a best checkpoint elsewhere": put("callbacks", "ModelCheckpoint", "best_model_path", value="/tmp/thesis.txt"),
    "a file to be removed": put("callbacks", "ModelCheckpoint", "best_k_models", value={"/tmp/x.txt": torch.tensor(1)}),
    "a random state of zeros": put("rng_state", value=torch.zeros(5056, dtype=torch.uint8)),
    "an old Lightning": put("pytorch-lightning_version", value="0.0.1"),
    "a version that is not a text": put("pytorch-lightning_version", value=2),
    **{f"without {key}": without(key) for key in ("optimizer_states", "lr_schedulers", "callbacks", "loops")},
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained") / "run"
    trained(compose_train(*WORDS, "trainer.max_epochs=1"), folder)
    return folder


def resumed(folder):
    cfg = compose_train(*WORDS, "trainer.max_epochs=2", f"resume={folder}")
    run = Run(cfg, folder, build(cfg, folder))
    run.fit()
    return run


@pytest.mark.parametrize("change", CHANGES)
def test_what_cannot_be_taken_up_is_one_line(change, finished, tmp_path):
    folder = shutil.copytree(finished, tmp_path / "run")
    path = folder / "checkpoints" / "last.ckpt"
    checkpoint = torch.load(path, weights_only=True)
    CHANGES[change](checkpoint)
    torch.save(checkpoint, path)
    before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    with pytest.raises(ConfigError, match=r"\A[^\n]*last.ckpt[^\n]*\Z"):
        resumed(folder)
    assert {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()} == before


def test_the_unchanged_checkpoint_is_taken_up(finished, tmp_path):
    folder = shutil.copytree(finished, tmp_path / "run")
    OmegaConf.save(compose_train(*WORDS), folder / ".hydra" / "config.yaml")
    assert resumed(folder).parts.trainer.current_epoch == 2
