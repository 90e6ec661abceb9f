"""After a threshold is chosen or set, all scores use it, and the run says on which rows it was chosen."""

import json
import logging

import pytest
from omegaconf import OmegaConf
from sklearn import metrics
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from src.errors import ConfigError
from src.heads.probable import ClassOutcome
from src.runs import thresholds
from src.runs.evaluation import evaluate
from src.runs.opening import open_run

MOONS = ("experiment=moons", "trainer.max_epochs=3", "data.noise=0.5", "data.num_samples=400", "callbacks.figures=null")


@pytest.fixture(autouse=True)
def no_figures(monkeypatch):
    monkeypatch.setattr(ClassOutcome, "figures", lambda self, scene: {})


def on_run(folder, **settings):
    defaults = {"run": str(folder), "runs_dir": "runs", "data_dir": None, "changes": {}}
    return OmegaConf.create(defaults | {"split": "test", "threshold": None, "resamples": 0} | settings)


def read(path):
    return json.loads(path.read_text())


def by_scikit_learn(folder, split, threshold):
    opened = open_run(folder)
    logits, y = opened.head.outputs(opened.datamodule.whole(split))
    found = logits.double().sigmoid() >= threshold
    return {
        f"{split}/accuracy": metrics.accuracy_score(y, found),
        f"{split}/recall": metrics.recall_score(y, found),
        f"{split}/f1": metrics.f1_score(y, found),
        f"{split}/mcc": metrics.matthews_corrcoef(y, found),
    }


def test_scores_follow_the_threshold_wherever_they_are_read(train, caplog):
    run = train(*MOONS, "solved.metric=test/recall", "solved.at_least=0.99")
    before = read(run.folder / "metrics.json")
    assert not before["solved"]
    assert not (run.folder / "threshold.json").exists()
    caplog.set_level(logging.INFO)
    for given, where in ((0.01, "given"), ("f1", "val"), (0.05, "given")):
        evaluate(on_run(run.folder, threshold=given))
        stored, now = read(run.folder / "threshold.json"), read(run.folder / "metrics.json")
        assert (stored["rule"], stored["chosen_on"]) == (str(given), where)
        for split in ("train", "val", "test"):
            expected = by_scikit_learn(run.folder, split, stored["thresholds"][0])
            assert {name: now[name] for name in expected} == pytest.approx(expected, abs=1e-6)
        assert now["solved"] == (now["test/recall"] >= 0.99)
        assert list(now) == list(before)
        same = [name for name in before if name.endswith("loss") or name in ("epochs", "best_epoch", "fit_seconds")]
        assert {name: now[name] for name in same} == pytest.approx({name: before[name] for name in same}, abs=1e-6)
    assert "threshold of class lower: 0.01 (given)" in caplog.text
    assert "(f1, chosen on validation rows)" in caplog.text


def test_tensorboard_shows_the_scores_of_the_threshold_of_now(train):
    run = train(*MOONS, "logger=tensorboard", "logger.tensorboard.log_graph=false")
    before = read(run.folder / "metrics.json")
    evaluate(on_run(run.folder, threshold=0.8))
    now = read(run.folder / "metrics.json")
    assert now["test/recall"] != before["test/recall"]
    board = EventAccumulator(str(run.folder / "tensorboard")).Reload()
    for tag, name in (("test/recall", "test/recall"), ("val/best_f1", "val/f1"), ("test/loss", "test/loss")):
        shown = [each.value for each in board.Scalars(tag)]
        assert (shown[0], shown[-1]) == (pytest.approx(before[name]), pytest.approx(now[name]))


def test_a_threshold_on_other_rows_holds_for_that_evaluation_alone(train, caplog):
    run = train(*MOONS)
    before = (run.folder / "metrics.json").read_bytes()
    caplog.set_level(logging.INFO)
    folder = evaluate(on_run(run.folder, threshold=0.9, changes={"data": {"noise": 0.3}}))
    assert read(folder / "metrics.json")["thresholds"] == [0.9]
    assert "threshold of class lower: 0.9 (given); for this evaluation only" in caplog.text
    assert (run.folder / "metrics.json").read_bytes() == before
    assert not (run.folder / "threshold.json").exists()
    assert open_run(run.folder).head.thresholds == [0.5]


def test_rows_that_train_and_validate_are_named_as_such(train):
    run = train(*MOONS, "data.val_fraction=0", "head.threshold=f1")
    assert read(run.folder / "threshold.json")["chosen_on"] == "train"
    assert "(f1, chosen on training rows, which are also this run's validation rows)" in " ".join(run.summary().split())
    assert open_run(run.folder).head.chosen_on == "train"


def test_a_rule_of_the_head_is_chosen_on_validation_rows(train):
    run = train(*MOONS, "head.threshold=youden")
    assert read(run.folder / "threshold.json")["chosen_on"] == "val"
    assert "  threshold of class lower: " in run.summary()


def test_a_number_that_an_earlier_version_called_chosen_was_given(train):
    run = train(*MOONS)
    (run.folder / "threshold.json").write_text('{"rule": "0.3", "thresholds": [0.3], "chosen_on": "val"}')
    assert open_run(run.folder).head.chosen_on == "given"


DAMAGED = ["{", "[]", '{"thresholds": [2], "rule": "f1"}', '{"thresholds": [0.3], "rule": "best"}']


def test_a_damaged_threshold_is_chosen_anew_or_deleted_as_its_message_says(train):
    run = train(*MOONS, "head.threshold=f1")
    path, chosen = run.folder / "threshold.json", open_run(run.folder).head.thresholds
    for content in DAMAGED:
        path.write_text(content)
        with pytest.raises(ConfigError, match=r"threshold.json: .* delete it"):
            open_run(run.folder)
        evaluate(on_run(run.folder, threshold="f1"))
        assert open_run(run.folder).head.thresholds == chosen
    path.unlink()
    head = open_run(run.folder).head
    assert head.thresholds == [0.5] != chosen
    assert thresholds.line(head) == ["threshold of class lower: 0.5 (f1, which has not chosen one yet)"]
    evaluate(on_run(run.folder))


def test_a_damaged_temperature_is_fitted_anew_or_deleted_as_its_message_says(train):
    run = train(*MOONS, "head.calibration=temperature")
    path, fitted = run.folder / "calibration.json", open_run(run.folder).head.temperature
    for content in ("{", '{"temperature": 0}'):
        path.write_text(content)
        with pytest.raises(ConfigError, match=r"calibration.json: .* delete it"):
            open_run(run.folder)
        evaluate(on_run(run.folder, calibration="temperature"))
        assert open_run(run.folder).head.temperature == pytest.approx(fitted)
    path.unlink()
    assert open_run(run.folder).head.temperature == 1 != fitted
    evaluate(on_run(run.folder))
