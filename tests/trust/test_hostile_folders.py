"""Run folders that a stranger made: whatever their configuration names, no code is run and nothing is written."""

import os
import pickle
import shutil

import pytest
import torch
import yaml
from omegaconf import OmegaConf

from src.command import arguments
from src.errors import ConfigError
from src.runs.opening import open_run
from src.settings import composed as config
from src.storage.locking import release
from src.trust.saved import saved_overrides
from tests.conftest import compose_train, trained
from tests.trust.attacks import ATTACKS, Payload, merged


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained") / "run"
    words = ["logger=none", "callbacks.progress_bar=null", "callbacks.figures=null"]
    trained(compose_train(*words, "data.num_train=100", "trainer.max_epochs=1"), folder)
    return folder


@pytest.fixture
def strangers(finished, tmp_path, monkeypatch):
    """A copy of a run, and targets that its configuration could lead to."""
    folder = tmp_path / "run"
    shutil.copytree(finished, folder)
    monkeypatch.chdir(tmp_path)
    with (tmp_path / "payload.pt").open("wb") as file:
        pickle.dump(Payload(), file)
    (tmp_path / "payload.py").write_text("import os\nos.mkdir('was_run')\n")
    yield folder
    release()


def tree(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def opened(folder):
    _ = open_run(folder).datamodule.spec


def resumed(folder):
    """Everything done with a folder before the Trainer starts; Hydra itself never reads it."""
    words, _ = arguments.rewritten([f"resume={folder}", "trainer.max_epochs=2"], "train", begins_runs=True)
    assert "--config-path" not in " ".join(words)
    config.check_values(OmegaConf.to_container(OmegaConf.load(folder / ".hydra" / "config.yaml"), resolve=True))
    opened(folder)


@pytest.mark.parametrize("use", [opened, resumed])
def test_the_head_that_stands_for_any_is_refused(strangers, use):
    path = strangers / ".hydra" / "config.yaml"
    opened(strangers)
    cfg = OmegaConf.load(path)
    cfg.head = {"_target_": "src.heads.base.Head"}
    OmegaConf.save(cfg, path)
    with pytest.raises(ConfigError, match=r"^head._target_: src.heads.base.Head has no task; name .*BinaryHead$"):
        use(strangers)


@pytest.mark.parametrize("use", [opened, resumed])
@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_is_run_and_nothing_written(attack, use, strangers, tmp_path):
    path = strangers / ".hydra" / "config.yaml"
    path.write_text(yaml.safe_dump(merged(OmegaConf.to_container(OmegaConf.load(path)), ATTACKS[attack])))
    before = tree(tmp_path)
    with pytest.raises(ConfigError, match=r"\A[^\n]+\Z"):
        use(strangers)
    assert tree(tmp_path) == before
    assert not (tmp_path / "was_run").exists()


WRITERS = {
    "Lightning's CSV logger": {
        "logger": {"x": {"_target_": "lightning.pytorch.loggers.CSVLogger", "save_dir": "evil"}}
    },
    "its name": {"logger": {"x": {"_target_": "lightning.pytorch.loggers.CSVLogger", "name": "../../evil"}}},
    "its version": {"logger": {"x": {"_target_": "lightning.pytorch.loggers.CSVLogger", "version": "../../../evil"}}},
    "TensorBoard": {"logger": {"x": {"_target_": "lightning.pytorch.loggers.TensorBoardLogger", "log_dir": "evil"}}},
    "a sub-folder": {
        "logger": {"x": {"_target_": "lightning.pytorch.loggers.TensorBoardLogger", "sub_dir": "../../evil"}}
    },
    "a server": {"logger": {"x": {"_target_": "lightning.pytorch.loggers.MLFlowLogger", "tracking_uri": "http://x"}}},
    "our TensorBoard": {"logger": {"x": {"_target_": "src.loggers.tensorboard.TensorBoardLogger", "folder": "evil"}}},
    "checkpoints": {"callbacks": {"x": {"_target_": "lightning.pytorch.callbacks.ModelCheckpoint", "dirpath": "evil"}}},
    "their names": {
        "callbacks": {"x": {"_target_": "lightning.pytorch.callbacks.ModelCheckpoint", "filename": "../../x"}}
    },
    "checkpoints of errors": {
        "callbacks": {"x": {"_target_": "lightning.pytorch.callbacks.OnExceptionCheckpoint", "dirpath": "evil"}}
    },
    "a profiler": {
        "trainer": {"profiler": {"_target_": "lightning.pytorch.profilers.SimpleProfiler", "dirpath": "evil"}}
    },
    "the Trainer": {"trainer": {"default_root_dir": "/tmp/evil"}},
}


@pytest.mark.parametrize("writer", WRITERS)
def test_a_resumed_run_writes_nowhere_else(writer, strangers, tmp_path):
    path = strangers / ".hydra" / "config.yaml"
    path.write_text(yaml.safe_dump(merged(OmegaConf.to_container(OmegaConf.load(path)), WRITERS[writer])))
    before = tree(tmp_path)
    with pytest.raises(ConfigError, match=r"\A[^\n]+leads out of it[^\n]+\Z"):
        arguments.rewritten([f"resume={strangers}", "trainer.max_epochs=2"], "train", begins_runs=True)
    assert tree(tmp_path) == before
    opened(strangers)  # which builds neither callbacks nor loggers
    assert tree(tmp_path) == before


@pytest.mark.parametrize("use", [opened, resumed])
def test_the_same_folder_is_used_without_the_attack(use, strangers):
    use(strangers)


@pytest.mark.parametrize(
    "word",
    [
        "+hydra.callbacks.evil._target_=torch.load",
        "hydra.launcher._target_=torch.load",
        "hydra/launcher=../evil",
        "hydra.searchpath=[file:///tmp]",
        "hydra.run.chdir=true",
        "hydra/job_logging=evil",
    ],
)
def test_a_sweeps_saved_words_for_hydra_have_to_be_said_again(word, tmp_path):
    path = tmp_path / "multirun.yaml"
    path.write_text(yaml.safe_dump({"hydra": {"overrides": {"hydra": [word], "task": ["seed=0,1"]}}}))
    with pytest.raises(ConfigError, match="works only on the command line"):
        saved_overrides(path)
    assert saved_overrides(path, said=[word]) == [word, "seed=0,1"]


@pytest.mark.parametrize(
    "word",
    [
        "trust=payload",
        "data.download=true",
        "data.noise=${oc.env:HOME}",
        "data_dir=/tmp/x",
        "experiment=../../evil",
        "experiment=xor,/tmp/evil",
        "+callbacks@hydra.callbacks=default",
        "resume=/tmp/other",
        "logger.csv.save_dir=logs",
        "trainer.profiler={_target_:lightning.pytorch.profilers.SimpleProfiler,dirpath:/tmp,filename:x}",
        "+trainer.profiler.dirpath=/tmp",
    ],
)
def test_a_sweeps_saved_words_that_reach_out_have_to_be_said_again(word, tmp_path):
    path = tmp_path / "multirun.yaml"
    words = {"hydra": ["hydra/launcher=vectorized", "hydra.launcher.max_stack=4"], "task": ["seed=0,1", word]}
    path.write_text(yaml.safe_dump({"hydra": {"overrides": words}}))
    with pytest.raises(ConfigError, match="works only on the command line"):
        saved_overrides(path)


@pytest.mark.parametrize("word", ["--experimental-rerun=payload.pt", "--config-dir=/tmp", "-cn=evil", "", " -m"])
@pytest.mark.parametrize("where", ["hydra", "task"])
def test_a_sweeps_saved_words_are_no_flags(word, where, tmp_path):
    path = tmp_path / "multirun.yaml"
    path.write_text(yaml.safe_dump({"hydra": {"overrides": {"hydra": [], "task": ["seed=0,1"]} | {where: [word]}}}))
    with pytest.raises(ConfigError, match="which is not an override"):
        saved_overrides(path, said=[word])


def test_a_sweeps_ordinary_words_are_taken(tmp_path):
    hydra = ["hydra/launcher=vectorized", "hydra.launcher.max_stack=4", "hydra.mode=MULTIRUN"]
    task = ["experiment=xor,circles", "~callbacks.figures", "callbacks.early_stopping.monitor=val/loss", "runs_dir=x"]
    path = tmp_path / "multirun.yaml"
    path.write_text(yaml.safe_dump({"hydra": {"overrides": {"hydra": hydra, "task": task}}}))
    assert saved_overrides(path) == [*hydra[:2], *task]


LINKS = [
    "checkpoints",
    "checkpoints/best.ckpt",
    ".hydra/config.yaml",
    "threshold.json",
    "evaluation",
    "train.log",
    "loop",
]


@pytest.mark.parametrize("use", [opened, resumed])
@pytest.mark.parametrize("name", LINKS)
def test_a_link_that_leads_out_is_not_followed(name, use, strangers, tmp_path):
    (tmp_path / "elsewhere").write_text("precious")
    place = strangers / name
    if place.exists():
        place.rename(tmp_path / "moved")
    place.symlink_to(
        place if name == "loop" else tmp_path / ("moved" if (tmp_path / "moved").exists() else "elsewhere")
    )
    before = tree(tmp_path)
    with pytest.raises(ConfigError, match=rf"{name}: is a link that leads out of"):
        use(strangers)
    assert tree(tmp_path) == before


def test_a_link_within_the_run_is_followed(strangers):
    last = strangers / "checkpoints" / "last.ckpt"
    last.unlink()
    last.symlink_to("best.ckpt")
    opened(strangers)


def test_a_pipe_is_not_waited_for(strangers):
    path = strangers / "checkpoints" / "best.ckpt"
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(ConfigError, match=r"best.ckpt: is neither a file nor a folder"):
        opened(strangers)


def test_weights_that_are_no_numbers_are_said(strangers):
    path = strangers / "checkpoints" / "best.ckpt"
    checkpoint = torch.load(path, weights_only=True)
    next(iter(checkpoint["state_dict"].values())).fill_(torch.nan)
    torch.save(checkpoint, path)
    with pytest.raises(ConfigError, match="its weights are not all numbers"):
        open_run(strangers)
