"""A run's folder is enough to evaluate it: the same numbers as from scikit-learn and as in training."""

import csv
import json
import shutil

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf
from sklearn import metrics

from src.errors import ConfigError
from src.runs.evaluation import evaluate
from src.runs.opening import open_run
from src.trust.checkpoints import read_checkpoint

FAST = ("callbacks.figures=null",)
CANCER = ("experiment=breast_cancer", "trainer.max_epochs=15", *FAST)


def on_run(folder, **settings):
    defaults = {"run": str(folder), "runs_dir": "runs", "data_dir": None, "changes": {}}
    return OmegaConf.create(defaults | {"split": "test", "threshold": None, "resamples": 100} | settings)


def read_csv(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def scores_of(folder):
    return json.loads((folder / "metrics.json").read_text())


def test_binary_scores_are_scikit_learns_on_the_predictions_written(train):
    run = train(*CANCER)
    folder = evaluate(on_run(run.folder))
    found, rows = scores_of(folder), read_csv(folder / "predictions.csv")
    y = np.array([row["target"] == "malignant" for row in rows])
    p = np.array([float(row["probability_malignant"]) for row in rows])
    labels = np.array([row["predicted"] == "malignant" for row in rows])
    expected = {
        "accuracy": metrics.accuracy_score(y, labels),
        "precision": metrics.precision_score(y, labels),
        "recall": metrics.recall_score(y, labels),
        "f1": metrics.f1_score(y, labels),
        "roc_auc": metrics.roc_auc_score(y, p),
        "average_precision": metrics.average_precision_score(y, p),
        "log_loss": metrics.log_loss(y, p),
        "brier": metrics.brier_score_loss(y, p),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-6)
    assert found["confusion_matrix"] == metrics.confusion_matrix(y, labels).tolist()
    assert all(low <= found[name] <= high for name, (low, high) in found["intervals"].items())


def test_multiclass_scores_are_scikit_learns(train):
    folder = evaluate(on_run(train("experiment=wine", "trainer.max_epochs=5", *FAST).folder))
    found, rows = scores_of(folder), read_csv(folder / "predictions.csv")
    names = sorted({row["target"] for row in rows})
    y, labels = ([names.index(row[key]) for row in rows] for key in ("target", "predicted"))
    p = np.array([[float(row[f"probability_{name}"]) for name in names] for row in rows])
    assert found["f1"] == pytest.approx(metrics.f1_score(y, labels, average="macro"), abs=1e-6)
    assert found["roc_auc"] == pytest.approx(metrics.roc_auc_score(y, p, multi_class="ovr"), abs=1e-6)
    assert found["log_loss"] == pytest.approx(metrics.log_loss(y, p), abs=1e-6)
    by_class = read_csv(folder / "by_class.csv")
    recalls = metrics.recall_score(y, labels, average=None)
    assert [float(row["recall"]) for row in by_class] == pytest.approx(recalls, abs=1e-6)


def test_evaluation_repeats_what_training_measured(train):
    run = train("experiment=xor", "data.num_train=500", "trainer.max_epochs=5", *FAST)
    for split in ("train", "val", "test"):
        found = scores_of(evaluate(on_run(run.folder, split=split, resamples=0)))
        for name in run.parts.head.all_score_names:
            assert found[name] == pytest.approx(run.metrics[f"{split}/{name}"], abs=1e-6)
    assert "\n  precision, recall, f1: of class different; accuracy: of all rows (micro)\n" in run.summary()


@pytest.mark.parametrize(
    ("settings", "figures"),
    [
        (CANCER, {"confusion_matrix", "confusion_matrix_normalized", "roc", "precision_recall", "calibration"}),
        (("experiment=line", "trainer.max_epochs=5", *FAST), {"fit"}),
        (("experiment=multilabel", "trainer.max_epochs=2", *FAST), {"confusion_matrix", "thresholds_label 3"}),
        (("experiment=digits", "trainer.max_epochs=1", *FAST), {"confusion_matrix_normalized", "precision_recall"}),
    ],
)
def test_every_kind_of_head_is_evaluated_with_its_figures(train, drawn, settings, figures):
    folder = evaluate(on_run(train(*settings).folder, resamples=20))
    written = {path.name for path in folder.iterdir()}
    assert {f"{name}.png" for name in figures} <= written
    assert {"metrics.json", "predictions.csv"} <= written


def test_other_splits_and_changed_data_have_folders_of_their_own(train):
    run = train("experiment=xor", "data.num_train=500", "trainer.max_epochs=60", *FAST)
    clean = evaluate(on_run(run.folder))
    noisy = evaluate(on_run(run.folder, changes={"data": {"noise": 1.0}}))
    assert (clean.name, noisy.name) == ("evaluation", "evaluation_noise=1.0")
    assert evaluate(on_run(run.folder, split="val")).name == "evaluation_val"
    assert scores_of(noisy)["accuracy"] < scores_of(clean)["accuracy"]


def test_a_rule_chooses_the_threshold_on_validation_rows_and_the_run_keeps_it(train):
    run = train("experiment=moons", "trainer.max_epochs=3", "data.noise=0.5", *FAST)
    evaluate(on_run(run.folder, threshold="precision>=0.95"))
    opened = open_run(run.folder)
    logits, y = opened.head.outputs(opened.datamodule.whole("val"))
    labels = opened.head.predictions(logits)
    assert opened.head.thresholds != [0.5]
    assert metrics.precision_score(y, labels) >= 0.95
    candidates = torch.sigmoid(logits).unique()
    recalls = [
        metrics.recall_score(y, p)
        for t in candidates
        for p in [torch.sigmoid(logits) >= t]
        if metrics.precision_score(y, p) >= 0.95
    ]
    assert metrics.recall_score(y, labels) == pytest.approx(max(recalls))
    found = scores_of(evaluate(on_run(run.folder)))
    assert found["thresholds"] == opened.head.thresholds


def test_a_rule_given_to_the_head_is_followed_when_training_ends(train):
    run = train("experiment=moons", "trainer.max_epochs=3", "data.noise=0.5", "head.threshold='recall>=0.97'", *FAST)
    assert run.metrics["val/recall"] >= 0.97
    assert scores_of(evaluate(on_run(run.folder)))["recall"] == pytest.approx(run.metrics["test/recall"])


def test_the_original_table_is_not_needed_to_open_a_run(train, tmp_path):
    path = tmp_path / "rows.csv"
    stream = np.random.RandomState(0)
    cells = [f"{a:.3f},{'red' if b > 0 else 'blue'},{'yes' if a > 0 else 'no'}" for a, b in stream.randn(80, 2)]
    path.write_text("\n".join(["size,colour,answer", *cells]) + "\n")
    run = train("data=csv", f"data.path={path}", "data.target=answer", "trainer.max_epochs=2", *FAST)
    path.unlink()
    opened = open_run(run.folder)
    assert opened.spec.feature_names == ("size", "colour=blue", "colour=red")
    assert opened.spec.class_names == ("no", "yes")
    with pytest.raises(ConfigError, match=r"rows.csv: there is no such file"):
        evaluate(on_run(run.folder))


# What is refused


@pytest.fixture
def run(train):
    return train("experiment=xor", "data.num_train=200", "trainer.max_epochs=1", *FAST)


def test_a_run_without_a_checkpoint_is_refused(run):
    shutil.rmtree(run.folder / "checkpoints")
    with pytest.raises(ConfigError, match=r"best.ckpt: there is no such checkpoint; finish the run with resume="):
        evaluate(on_run(run.folder))


def test_a_checkpoint_of_another_network_is_refused(run, train):
    other = train("experiment=xor", "data.num_train=200", "trainer.max_epochs=1", "network.hidden_dims=[7]", folder="b")
    shutil.copy(other.files.best_checkpoint, run.files.best_checkpoint)
    with pytest.raises(ConfigError, match=r"best.ckpt: belongs to another network \(size mismatch"):
        evaluate(on_run(run.folder))


class Trap:
    """Leaves a mark when it is unpickled."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return (open, (str(self.mark), "w"))


def test_a_checkpoint_that_carries_code_is_refused_and_not_executed(run, tmp_path):
    state = torch.load(run.files.best_checkpoint, weights_only=True)
    torch.save(state | {"trap": Trap(tmp_path / "mark")}, run.files.best_checkpoint)
    with pytest.raises(ConfigError, match=r"best.ckpt: carries code or is damaged, and was not loaded"):
        evaluate(on_run(run.folder))
    assert not (tmp_path / "mark").exists()


@pytest.mark.parametrize("content", [b"", b"hello", None])
def test_a_damaged_checkpoint_is_refused(run, content):
    whole = run.files.best_checkpoint.read_bytes()
    run.files.best_checkpoint.write_bytes(whole[: len(whole) // 2] if content is None else content)
    with pytest.raises(ConfigError, match=r"best.ckpt: "):
        read_checkpoint(run.files.best_checkpoint)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"changes": {"data": {"nois": 1}}}, r"data.nois: the run has no such key; did you mean data.noise\?"),
        ({"changes": {"data": {"noise": -1}}}, r"data.noise: input should be greater than or equal to 0 \(got -1\)"),
        ({"threshold": "best"}, r"threshold: should be a number between 0 and 1, f1, .* \(got 'best'\)"),
        ({"threshold": "precision>=2"}, "threshold: should be a number"),
    ],
)
def test_wrong_input_is_one_line_and_leaves_nothing(run, settings, message):
    with pytest.raises(ConfigError, match=message):
        evaluate(on_run(run.folder, **settings))
    assert not list(run.folder.glob("*evaluation*"))
    assert not (run.folder / "threshold.json").exists()


def test_a_head_without_a_threshold_refuses_one(train):
    run = train("experiment=iris", "trainer.max_epochs=1", *FAST)
    with pytest.raises(ConfigError, match=r"threshold: MulticlassHead has none \(got 'f1'\); leave it out"):
        evaluate(on_run(run.folder, threshold="f1"))


def test_data_of_another_kind_are_refused(train):
    run = train("experiment=iris", "trainer.max_epochs=1", *FAST)
    with pytest.raises(
        ConfigError,
        match=r"wine: the target in row 1 is a class not seen in training \(got 'class_0'\); choose from setosa",
    ):
        evaluate(on_run(run.folder, changes={"data": {"name": "wine"}}))


@pytest.mark.parametrize("change", [{"split_seed": 9}, {"seed": 9}, {"test_fraction": 0.5}, {"fold": 1}])
def test_a_table_is_not_divided_anew_after_the_training(change, train):
    run = train("experiment=iris", "trainer.max_epochs=1", *FAST)
    (key,) = change
    with pytest.raises(ConfigError, match=f"data.{key}: splits the run's rows differently"):
        evaluate(on_run(run.folder, changes={"data": change}))


def test_a_drawn_dataset_may_be_drawn_anew_but_not_divided_anew(train):
    run = train("experiment=moons", "trainer.max_epochs=1", *FAST)
    assert evaluate(on_run(run.folder, changes={"data": {"seed": 9}})).exists()
    with pytest.raises(ConfigError, match=r"data.split_seed: splits the run's rows differently"):
        evaluate(on_run(run.folder, changes={"data": {"split_seed": 9}}))
