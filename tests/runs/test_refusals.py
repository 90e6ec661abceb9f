"""What Lightning or the data cannot do: one line, before training if possible."""

import csv
from contextlib import nullcontext

import pytest
import torch
from lightning.pytorch.accelerators import CUDAAccelerator, MPSAccelerator

from src.building.build import build
from src.errors import ConfigError, TrainingDivergedError
from src.storage.epochs import read
from tests.conftest import compose_train

SHORT = ("data.num_train=256", "trainer.max_epochs=2", "callbacks.figures=null")
CALLBACK = "+callbacks.extra._target_=lightning.pytorch.callbacks."


@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        (["trainer.precision=transformer-engine"], r"^trainer: .*transformer_engine"),
        (["trainer.accelerator=tpu"], r"^trainer: .*torch_xla"),
        (["trainer.strategy=ddp_spawn"], r"^trainer.strategy: .* \(got ddp_spawn\); use ddp, from a terminal$"),
        ([f"{CALLBACK}LearningRateMonitor"], r"^callbacks: LearningRateMonitor: .*; choose one, such as logger=csv$"),
        (
            [f"{CALLBACK}EarlyStopping", "+callbacks.extra.monitor=val_loss"],
            r"^callbacks: EarlyStopping monitors an unknown metric \(got 'val_loss'\); choose from train/loss",
        ),
        (["+callbacks.extra=3"], r"^callbacks.extra._target_: needs the dotted name of a class \(got None\)"),
        (
            ["data.num_train=129", "network.batch_norm=true"],
            r"^data.batch_size: a minibatch of one row .*\(got 128 for 129 training rows\); use another size, such as",
        ),
        (
            ["data.num_val=1", "head.threshold=f1"],
            r"^head.threshold: f1 needs rows of both classes \(got only class [01]\); give a number instead$",
        ),
    ],
    ids=lambda value: value[0].rpartition(".")[2] if isinstance(value, list) else "",
)
def test_what_cannot_work_is_one_line(train, tmp_path, overrides, line):
    with pytest.raises(ConfigError, match=line):
        train(*SHORT, *overrides)
    assert not (tmp_path / "run" / "checkpoints").exists()


@pytest.mark.parametrize("name", ["gpu", "cuda", "mps"])
def test_a_device_that_is_not_there_is_one_line(tmp_path, monkeypatch, name):
    for kind in (CUDAAccelerator, MPSAccelerator):
        monkeypatch.setattr(kind, "is_available", staticmethod(lambda: False))
    with pytest.raises(ConfigError, match=rf"^trainer.accelerator: .* \(got {name}\); use auto or cpu$"):
        build(compose_train(f"trainer.accelerator={name}"), tmp_path)


@pytest.mark.parametrize("precision", ["bf16-true", "64-true"])
def test_a_run_computes_and_is_measured_in_its_precision(train, precision):
    run = train(*SHORT, f"trainer.precision={precision}", "head.threshold=f1")
    kept = torch.load(run.files.best_checkpoint, weights_only=True)["state_dict"]
    wanted = torch.bfloat16 if precision == "bf16-true" else torch.float64
    assert {value.dtype for value in kept.values()} == {wanted}
    assert run.metrics["test/loss"] == pytest.approx(0.69, abs=0.05)


@pytest.mark.parametrize(
    ("rows", "words", "fits"),
    [
        (129, ["trainer.limit_train_batches=1"], True),
        (129, ["trainer.limit_train_batches=2"], False),
        (129, ["trainer.limit_train_batches=1.0"], False),
        (129, ["trainer.overfit_batches=1"], True),
        (258, ["trainer.devices=2", "trainer.accelerator=cpu"], False),  # 129 for each process
        (257, ["trainer.devices=2", "trainer.accelerator=cpu"], True),
    ],
)
def test_only_minibatches_that_are_trained_on_need_two_rows_for_batch_norm(rows, words, fits, tmp_path):
    cfg = compose_train("logger=none", f"data.num_train={rows}", "network.batch_norm=true", *words)
    with nullcontext() if fits else pytest.raises(ConfigError, match=r"^data.batch_size: a minibatch of one row"):
        build(cfg, tmp_path)


def test_half_precision_that_overflows_names_a_better_one(train):
    words = ("experiment=multilabel", "trainer.max_epochs=1", "callbacks.figures=null", "trainer.precision=16-true")
    with pytest.raises(TrainingDivergedError, match=r"; try trainer.precision=16-mixed$"):
        train(*words)


def test_lightnings_own_logger_writes_to_the_run_folder(train):
    run = train(*SHORT, "logger=csv")
    with (run.folder / "csv" / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert float(rows[-1]["test/accuracy"]) == pytest.approx(run.metrics["test/accuracy"])
    assert "optimizer.lr" in (run.folder / "csv" / "hparams.yaml").read_text()


def test_a_precision_that_no_threshold_reaches_keeps_the_run(train, caplog):
    run = train(*SHORT, "data.label_noise=0.5", "head.threshold='precision>=1'", "optimizer.lr=1e-9")
    if run.parts.head.thresholds == [0.5]:
        assert "the threshold stays 0.5" in caplog.text
    assert "test/accuracy" in run.metrics


@pytest.mark.parametrize("text", ["", "hello\n1\n", "epoch,step\n1\n", "epoch,step\n1,x\n"], ids=repr)
def test_a_history_that_is_no_table_of_epochs_is_named(tmp_path, text):
    path = tmp_path / "metrics.csv"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"metrics.csv: is not a table of epochs \(.*; restore it or delete it"):
        read(path)
    path.write_text("epoch,step,lr\n1,4,0.1\n")
    assert read(path) == [{"epoch": 1, "step": 4, "lr": 0.1}]


@pytest.mark.parametrize(
    ("network", "line"),
    [
        ("WrongSize", r"^network: WrongSize cannot take rows \[N, 2\] \(.*\); size its first layer by input_shape$"),
        (
            "TooMany",
            r"^network: TooMany should turn a row into outputs of shape \[1, 1\] \(got \[1, 10\]\); size",
        ),
    ],
)
def test_an_own_network_that_does_not_fit_is_refused(train, network, line):
    none = [f"~network.{key}" for key in ("hidden_dims", "activation", "dropout", "batch_norm")]
    with pytest.raises(ConfigError, match=line):
        train(*SHORT, "trust=tests", f"network._target_=tests.own_modules.{network}", *none)


def test_a_run_in_half_precision_is_filmed(train):
    run = train("data.num_train=256", "trainer.max_epochs=1", "callbacks=boundary_movie", "trainer.precision=bf16-true")
    assert (run.folder / "plots" / "boundary.gif").exists()
