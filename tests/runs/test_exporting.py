"""An exported file computes the same as the run, in a runtime of its own."""

import json
from functools import cache

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf
from torch import nn

from src.errors import ConfigError, ExportError
from src.runs import exporting
from src.runs.exporting import export
from src.runs.opening import open_run
from src.settings.rules import Input
from tests.conftest import compose_train, trained

FAST = ("callbacks.figures=null",)


def settings(folder, **values):
    defaults = {"run": str(folder), "runs_dir": "runs", "data_dir": None, "changes": {}}
    return OmegaConf.create(defaults | {"format": "onnx", "output": None, "force": False} | values)


RUNS = {
    "binary with a scaler": ("experiment=breast_cancer", "trainer.max_epochs=3"),
    "derived inputs and a scaler": ("experiment=moons_logistic", f"network.inputs=[{','.join(Input.__args__)}]"),
    "multiclass": ("experiment=blobs", "trainer.max_epochs=3"),
    "multilabel": ("experiment=multilabel", "trainer.max_epochs=2"),
    "regression": ("experiment=line", "trainer.max_epochs=3"),
    "images": ("experiment=digits_cnn", "trainer.max_epochs=1"),
}


@pytest.fixture(scope="module")
def run_of(tmp_path_factory):
    """The folder of a run of each kind, trained on first use."""

    @cache
    def folder_of(kind):
        folder = tmp_path_factory.mktemp("runs") / "run"
        return trained(compose_train("logger=none", "callbacks.progress_bar=null", *RUNS[kind], *FAST), folder).folder

    return folder_of


@pytest.mark.parametrize("kind", RUNS)
def test_onnx_gives_the_runs_probabilities_for_any_number_of_raw_rows(run_of, kind, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    path = export(settings(run_of(kind), output=str(tmp_path / "model.onnx")))
    opened = open_run(run_of(kind))
    raw = opened.datamodule.load().test.x[:33]
    session = onnxruntime.InferenceSession(str(path))
    found = session.run(None, {"x": raw.numpy()})[0]
    logits, _ = opened.head.outputs(opened.datamodule.whole("test"))
    expected = logits if kind == "regression" else opened.head.probabilities(logits)
    assert found == pytest.approx(expected[:33].numpy(), abs=1e-5)


@pytest.mark.parametrize("kind", ["binary with a scaler", "images"])
def test_torch_export_gives_the_runs_probabilities(run_of, kind, tmp_path):
    path = export(settings(run_of(kind), format="torch_export", output=str(tmp_path / "model.pt2")))
    opened = open_run(run_of(kind))
    with path.open("rb") as file:
        found = torch.export.load(file).module()(opened.datamodule.load().test.x[:21])
    logits, _ = opened.head.outputs(opened.datamodule.whole("test"))
    assert torch.allclose(found, opened.head.probabilities(logits)[:21], atol=1e-5)


def test_the_description_names_inputs_classes_and_thresholds(train):
    run = train(*RUNS["binary with a scaler"], "head.threshold=0.3", "data.positive=benign", *FAST)
    path = export(settings(run.folder, format="torch_export"))
    described = json.loads(path.with_suffix(".json").read_text())
    assert described["input"]["features"][:2] == ["mean radius", "mean texture"]
    assert described["output"]["classes"] == ["malignant", "benign"]
    assert described["positive"] == "benign"
    assert described["thresholds"] == [0.3]


def test_a_missing_number_becomes_the_median_inside_the_file(run_of, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    folder = run_of("binary with a scaler")
    session = onnxruntime.InferenceSession(str(export(settings(folder, output=str(tmp_path / "model.onnx")))))
    datamodule = open_run(folder).datamodule
    raw = datamodule.load().test.x[:4].clone()
    filled = raw.clone()
    raw[:, 3], filled[:, 3] = np.nan, np.nan
    _ = datamodule.splits
    filled[:, 3] = datamodule.scaler.fill[3]
    first, second = (session.run(None, {"x": x.numpy()})[0] for x in (raw, filled))
    assert first == pytest.approx(second)


def test_a_file_that_computes_something_else_is_not_kept(run_of, monkeypatch):
    folder = run_of("multiclass")
    wrong = nn.Sequential(nn.Linear(2, 4), nn.Softmax(1))
    _, _, suffix = exporting._FORMATS["torch_export"]
    monkeypatch.setitem(exporting._FORMATS, "torch_export", (exporting._write_torch, lambda _: wrong, suffix))
    with pytest.raises(ExportError, match="differs from the run's probabilities by"):
        export(settings(folder, format="torch_export"))
    assert not (folder / "export").exists()


def test_an_existing_file_is_kept_unless_forced(run_of, tmp_path):
    folder = run_of("multiclass")
    (tmp_path / "model.pt2").write_text("precious")
    values = {"format": "torch_export", "output": str(tmp_path / "model.pt2")}
    with pytest.raises(ConfigError, match="already exists"):
        export(settings(folder, **values))
    assert (tmp_path / "model.pt2").read_text() == "precious"
    export(settings(folder, force=True, **values))
    assert (tmp_path / "model.json").exists()
