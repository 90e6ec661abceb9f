"""A user's own LightningModule and LightningDataModule, with this project's Trainer and folders."""

import csv
import json

import pytest
import torch
from omegaconf import OmegaConf

from src.errors import ConfigError
from src.runs.curves import module_curves
from src.runs.opening import open_run
from src.runs.plain import PlainRun, build_plain
from src.storage.epochs import read
from tests import own_modules
from tests.conftest import compose_train

MODULE = "head._target_=tests.own_modules.Classifier"
DATA = "data._target_=tests.own_modules.Quadrants"
MONITORS = ("callbacks.model_checkpoint.monitor=val_loss", "callbacks.early_stopping.monitor=val_loss")
QUIET = ("trust=tests", "logger=none", "callbacks.progress_bar=null", "data.num_train=256", "trainer.max_epochs=8")


@pytest.fixture
def fitted(tmp_path):
    def run_with(*overrides, folder="run"):
        cfg = compose_train(*QUIET, *overrides)
        path = tmp_path / folder
        path.mkdir(exist_ok=True)
        run = PlainRun(cfg, path, build_plain(cfg, path))
        run.fit()
        run.evaluate()
        run.write()
        return run

    return run_with


@pytest.mark.parametrize("data", [(), (DATA,)], ids=["our rows", "own rows"])
def test_an_own_module_trains_and_leaves_a_run_folder(fitted, data):
    run = fitted(MODULE, *MONITORS, *data)
    metrics = json.loads((run.folder / "metrics.json").read_text())
    with (run.folder / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["epoch"]) for row in rows] == list(range(1, 9))
    best = min(rows, key=lambda row: float(row["val_loss"]))
    assert metrics["best_epoch"] == int(best["epoch"])
    assert metrics["val_loss"] == pytest.approx(float(best["val_loss"]), rel=1e-5)
    kept = own_modules.Classifier.load_from_checkpoint(run.files.best_checkpoint).eval()
    loader = run.parts.datamodule.test_dataloader()
    rows = [(kept(x.to(kept.device)).argmax(1) == y).tolist() for x, y in loader]
    assert metrics["test_accuracy"] == pytest.approx(sum(map(sum, rows)) / sum(map(len, rows)), abs=1e-6)
    assert "test_accuracy" in json.loads((run.folder / "metrics.json").read_text())


def test_keys_of_ready_options_that_an_own_class_does_not_take_are_named_and_others_refused(fitted):
    run = fitted(MODULE, DATA, *MONITORS, "+head.width=3", "+data.num_rows=64", "trainer.max_epochs=1")
    assert run.parts.head.hparams.width == 3
    assert run.parts.datamodule.num_rows == 64
    assert "head.threshold" in run.headline()
    assert "optimizer" in run.headline()
    with pytest.raises(ConfigError, match=r"head.widht: \w+ takes no such argument; .*did you mean head.width"):
        fitted(MODULE, "+head.widht=3")


def test_a_monitor_that_is_not_logged_is_named_after_the_first_epoch(fitted):
    with pytest.raises(ConfigError, match=r"EarlyStopping monitors val/loss.*Classifier does not log.*val_accuracy"):
        fitted(MODULE)


def test_what_an_own_module_logs_is_drawn(fitted, drawn):
    run = fitted(MODULE, DATA, *MONITORS, "trainer.max_epochs=2")
    rows = read(run.folder / "metrics.csv")
    assert (run.folder / "plots" / "curves.png").stat().st_size > 10_000
    panels = module_curves(rows, run.metrics["best_epoch"]).draw().axes
    assert [panel.get_ylabel() for panel in panels] == ["loss", "accuracy"]
    for panel, metric in zip(panels, ("loss", "accuracy"), strict=True):
        for line, stage in zip(panel.lines, ("train", "val"), strict=False):
            assert list(line.get_ydata()) == [row[f"{stage}_{metric}"] for row in rows]
    assert not (fitted(MODULE, DATA, *MONITORS, "callbacks.figures=null", folder="none").folder / "plots").exists()


def test_without_a_monitor_the_last_epoch_is_kept(fitted):
    words = (MODULE, DATA, "callbacks.early_stopping=null", "callbacks.model_checkpoint.monitor=null")
    run = fitted(*words, "+head.lr=10.0", "trainer.max_epochs=4")
    best, last = (
        torch.load(path, weights_only=True) for path in (run.files.best_checkpoint, run.files.last_checkpoint)
    )
    for key, value in last["state_dict"].items():
        assert torch.equal(value, best["state_dict"][key])
    assert run.metrics["best_epoch"] == 4
    losses = [row["val_loss"] for row in read(run.folder / "metrics.csv")]
    assert min(losses) < losses[-1], "a monitor would have kept another epoch"
    run = fitted(*words, "+head.lr=10.0", "trainer.max_epochs=5", "resume=run")
    assert (run.metrics["epochs"], run.metrics["best_epoch"]) == (5, 5)


def test_a_search_for_the_batch_of_an_own_module_leaves_the_counts_of_its_training(fitted):
    search = ("+callbacks.x._target_=lightning.pytorch.callbacks.BatchSizeFinder", "+callbacks.x.max_trials=2")
    run = fitted(MODULE, *MONITORS, *search, "trainer.max_epochs=1")
    assert (run.metrics["epochs"], run.metrics["steps"]) == (1, 256 / 4)  # 2 rows, doubled once
    assert "BatchSizeFinder chose a batch size of 4" in run.summary()


def test_an_own_module_is_resumed(fitted):
    fitted(MODULE, *MONITORS, "trainer.max_epochs=3")
    run = fitted(MODULE, *MONITORS, "trainer.max_epochs=5", "resume=run")
    assert run.metrics["epochs"] == 5


@pytest.fixture(autouse=True)
def _in_temporary_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_our_head_trains_on_own_rows_that_have_a_spec(fitted):
    run = fitted("data._target_=tests.own_modules.QuadrantsWithSpec", "optimizer=adam", "optimizer.lr=0.05")
    assert 0.4 < run.metrics["test/accuracy"] <= 1
    with pytest.raises(ConfigError, match=r"data: BinaryHead needs .* give it an attribute `spec`"):
        fitted(DATA)
    with pytest.raises(ConfigError, match=r"head.threshold: f1 is chosen on the rows of a dataset of this project"):
        fitted("data._target_=tests.own_modules.QuadrantsWithSpec", "head.threshold=f1")
    images = ("data._target_=tests.own_modules.ImagesWithSpec", "network=cnn", "network.whiten=true")
    with pytest.raises(ConfigError, match=r"network.whiten: patches are fitted .* \(got ImagesWithSpec\); use network"):
        fitted(*images)


def test_what_is_no_class_or_no_module_is_refused(fitted):
    with pytest.raises(ConfigError, match=r"head._target_: tests.own_modules.torch is not a class; a head derives"):
        fitted("head._target_=tests.own_modules.torch")
    with pytest.raises(ConfigError, match=r"head._target_: torch.nn.Linear is not trusted; a head is a class of src"):
        fitted("head._target_=torch.nn.Linear")
    with pytest.raises(ConfigError, match=r"trust: there is no package nowhere; .*PYTHONPATH"):
        fitted("head._target_=nowhere.Net", "trust=nowhere")


def test_a_checkpoint_of_an_own_module_holds_no_code(fitted):
    run = fitted(MODULE, *MONITORS, "trainer.max_epochs=1")
    assert torch.load(run.files.last_checkpoint, weights_only=True)["hyper_parameters"] == {"lr": 0.05, "width": 8}


def test_a_run_of_own_modules_is_opened_by_its_module_alone(fitted):
    run = fitted(MODULE, *MONITORS, "trainer.max_epochs=1")
    (run.folder / ".hydra").mkdir()
    OmegaConf.save(run.cfg, run.folder / ".hydra" / "config.yaml")
    assert own_modules.Classifier.load_from_checkpoint(run.files.best_checkpoint).hparams.width == 8
    with pytest.raises(ConfigError, match=r"was trained with Lightning modules of its own .*load_from_checkpoint$"):
        open_run(run.folder, trust="tests")
