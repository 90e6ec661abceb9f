"""A run's temperature is fitted on validation rows, saved, used by every prediction, and removed again."""

import csv
import logging

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_expit

from src.errors import ConfigError
from src.heads.base import Head
from src.lab.trained_run import TrainedRun
from src.metrics.temperature import PENALTY
from src.runs.evaluation import evaluate
from src.runs.exporting import export
from src.runs.opening import open_head, open_run
from src.runs.prediction import predict
from tests.runs.test_thresholds import MOONS, no_figures, on_run, read  # noqa: F401 - a fixture of each test here

CALIBRATED = "head.calibration=temperature"


def raw(folder, split):
    """Undivided logits and labels, as NumPy arrays."""
    opened = open_run(folder)
    opened.head.temperature = 1.0
    logits, y = opened.head.outputs(opened.datamodule.whole(split))
    return logits.double().numpy(), y.numpy()


def scores(metrics):
    return {name: value for name, value in metrics.items() if isinstance(value, float) and name != "fit_seconds"}


def by_scipy(logits, y):
    def cost(u):
        z = logits * np.exp(-u)
        return -(np.where(y == 1, log_expit(z), log_expit(-z))).sum() + PENALTY * u**2

    return float(np.exp(minimize_scalar(cost, bounds=(-2, 2), method="bounded", options={"xatol": 1e-10}).x))


def test_training_fits_the_temperature_on_validation_rows_and_its_scores_follow(train):
    run, plain = train(*MOONS, CALIBRATED), train(*MOONS, folder="plain")
    stored = read(run.folder / "calibration.json")
    assert stored == {"temperature": pytest.approx(by_scipy(*raw(run.folder, "val")), rel=1e-6), "fitted_on": "val"}
    assert abs(stored["temperature"] - 1) > 0.005
    for split in ("train", "val", "test"):
        logits, y = raw(run.folder, split)
        z = logits / stored["temperature"]
        expected = -np.where(y == 1, log_expit(z), log_expit(-z)).mean()
        assert run.metrics[f"{split}/loss"] == pytest.approx(expected, rel=1e-5)
        assert run.metrics[f"{split}/log_loss"] == pytest.approx(expected, rel=1e-5)
        assert run.metrics[f"{split}/f1"] == plain.metrics[f"{split}/f1"]  # 0.5 stays where it was
    assert run.metrics["val/loss"] < plain.metrics["val/loss"]
    assert "  temperature, which divides the logits: " in run.summary()
    assert not (plain.folder / "calibration.json").exists()
    assert (run.folder / "metrics.csv").read_text() == (plain.folder / "metrics.csv").read_text()


def test_a_temperature_fitted_later_is_the_same_and_can_be_undone(train, caplog):
    run, later = train(*MOONS, CALIBRATED), train(*MOONS, folder="later")
    before = read(later.folder / "metrics.json")
    caplog.set_level(logging.INFO)
    found = read(evaluate(on_run(later.folder, calibration="temperature")) / "metrics.json")
    stored = read(later.folder / "calibration.json")
    assert stored == read(run.folder / "calibration.json") == found["calibration"]
    assert scores(read(later.folder / "metrics.json")) == pytest.approx(scores(run.metrics))
    assert f"temperature, which divides the logits: {stored['temperature']:.4g} (fitted on val" in caplog.text
    evaluate(on_run(later.folder, calibration="temperature"))
    assert read(later.folder / "calibration.json") == stored
    found = read(evaluate(on_run(later.folder, calibration="none")) / "metrics.json")
    assert "calibration" not in found
    assert scores(read(later.folder / "metrics.json")) == pytest.approx(scores(before))
    assert open_run(later.folder).head.temperature == 1.0


def test_a_threshold_that_a_rule_chose_moves_with_the_temperature(train):
    run = train(*MOONS, CALIBRATED, "head.threshold=f1")
    later = train(*MOONS, "head.threshold=f1", folder="later")
    uncalibrated = read(later.folder / "threshold.json")["thresholds"][0]
    evaluate(on_run(later.folder, calibration="temperature"))
    (threshold,) = read(later.folder / "threshold.json")["thresholds"]
    assert threshold == read(run.folder / "threshold.json")["thresholds"][0] != uncalibrated
    logits, _ = raw(later.folder, "val")
    yes = logits >= np.log(uncalibrated / (1 - uncalibrated))
    z = logits / read(later.folder / "calibration.json")["temperature"]
    assert ((expit(z) >= threshold) == yes).all()  # the same rows, for their order has not changed
    assert later.metrics["val/f1"] == pytest.approx(read(later.folder / "metrics.json")["val/f1"])


def test_predictions_and_exports_are_calibrated(train, tmp_path):
    run = train("experiment=breast_cancer", "trainer.max_epochs=3", CALIBRATED)
    temperature = read(run.folder / "calibration.json")["temperature"]
    logits, y = raw(run.folder, "test")
    opened = open_run(run.folder)
    x = opened.datamodule.load().test.x
    rows = [dict(zip(opened.spec.feature_names, row, strict=True)) for row in x.double().tolist()]
    with (tmp_path / "rows.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, opened.spec.feature_names)
        writer.writeheader()
        writer.writerows(rows)
    asked = {"input": str(tmp_path / "rows.csv"), "output": None, "force": False}
    with predict(on_run(run.folder, **asked)).open(newline="") as file:
        found = [float(row["probability_malignant"]) for row in csv.DictReader(file)]
    assert found == pytest.approx(expit(logits / temperature), abs=1e-5)
    table = evaluate(on_run(run.folder)) / "predictions.csv"
    with table.open(newline="") as file:
        evaluated = [float(row["probability_malignant"]) for row in csv.DictReader(file)]
    target = tmp_path / "model.onnx"
    export(on_run(run.folder, format="onnx", output=str(target), force=False))
    import onnxruntime

    session = onnxruntime.InferenceSession(str(target), providers=["CPUExecutionProvider"])
    exported = session.run(None, {"x": x.numpy()})[0][:, 1]
    assert np.abs(exported - np.array(evaluated)).max() < 1e-5
    assert np.abs(exported - expit(logits)).max() > 1e-3
    assert read(target.with_suffix(".json"))["temperature"] == temperature
    assert len(y) == len(found)
    said = TrainedRun.read(run.folder).probabilities(x)[:, 1]
    assert said.numpy() == pytest.approx(expit(logits / temperature), abs=1e-5)


@pytest.mark.parametrize(
    "settings",
    [
        ("experiment=iris", "trainer.max_epochs=3"),
        ("experiment=multilabel", "data.num_samples=200", "trainer.max_epochs=2"),
    ],
    ids=["multiclass", "multilabel"],
)
def test_other_tasks_have_one_temperature(settings, train):
    run = train(*settings, CALIBRATED)
    opened = open_run(run.folder)
    temperature = read(run.folder / "calibration.json")["temperature"]
    assert opened.head.temperature == temperature != 1
    x = opened.datamodule.splits.test.x[:5]
    with torch.no_grad():
        assert torch.allclose(opened.head(x) * temperature, opened.head.network(x), atol=1e-5)


def test_rows_that_train_and_validate_are_named_as_such(train):
    run = train(*MOONS, "data.val_fraction=0", CALIBRATED)
    assert read(run.folder / "calibration.json")["fitted_on"] == "train"
    assert "(fitted on training rows, which are also this run's validation rows)" in " ".join(run.summary().split())


def test_a_temperature_of_other_rows_holds_for_that_evaluation_alone(train, caplog):
    run = train(*MOONS)
    before = (run.folder / "metrics.json").read_bytes()
    caplog.set_level(logging.INFO)
    folder = evaluate(on_run(run.folder, calibration="temperature", changes={"data": {"noise": 0.9, "seed": 5}}))
    assert read(folder / "metrics.json")["calibration"]["temperature"] != 1
    assert "(fitted on validation rows); for this evaluation only" in " ".join(caplog.text.split())
    assert (run.folder / "metrics.json").read_bytes() == before
    assert not (run.folder / "calibration.json").exists()


def test_training_on_knows_nothing_of_a_temperature(train):
    run = train(*MOONS, CALIBRATED)
    head = open_head(run.files.best_checkpoint)
    assert head.temperature != 1
    head.on_fit_start()
    assert head.temperature == 1
    whole = train(*MOONS, folder="whole")
    state = torch.load(whole.files.last_checkpoint, weights_only=True)["state_dict"]
    own = torch.load(run.files.last_checkpoint, weights_only=True)["state_dict"]
    assert all(torch.equal(own[name], state[name]) for name in state)


def test_values_have_nothing_to_calibrate(train):
    run = train("experiment=line", "trainer.max_epochs=1")
    message = r"calibration: RegressionHead has no probabilities to calibrate \(got temperature\); leave it out"
    with pytest.raises(ConfigError, match=message):
        evaluate(on_run(run.folder, calibration="temperature"))
    assert not list(run.folder.glob("*evaluation*"))
    assert isinstance(open_run(run.folder).head, Head)


@pytest.mark.parametrize(
    "content",
    ["[]", "{}", '{"temperature": 0}', '{"temperature": true}', '{"temperature": 1e9}', '{"temperature": "2"}'],
)
def test_a_file_without_a_temperature_is_refused(content, train):
    run = train(*MOONS, "trainer.max_epochs=1")
    (run.folder / "calibration.json").write_text(content)
    with pytest.raises(
        ConfigError, match=r"calibration.json: should hold a temperature between 0.01 and 100 .*; fit it again"
    ):
        open_run(run.folder)
