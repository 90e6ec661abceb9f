"""The positive class is named next to its scores and threshold, and `data.positive` swaps it everywhere."""

import csv
import json

import numpy as np
import pytest
from omegaconf import OmegaConf
from sklearn import metrics

from src.data.scene import Scene
from src.errors import ConfigError
from src.runs import training
from src.runs.evaluation import evaluate, outcome_of
from src.runs.opening import open_run

PAIRS = {"sick": "well", "case": "control", "fraud": "legit", "churned": "stayed"}


def table(path, positive, other, count=200):
    """A table with a positive class of one row in five, which its columns cannot predict."""
    stream = np.random.RandomState(0)
    lines = []
    for i in range(count):
        rare = i % 5 == 0
        lines.append(f"{stream.randn() + rare:.3f},{stream.randn():.3f},{positive if rare else other}")
    path.write_text("\n".join(["a,b,answer", *lines]) + "\n")
    return f"data.path={path}"


@pytest.fixture
def trained_on(train, tmp_path):
    def trained(positive, *more, folder="run"):
        place = table(tmp_path / "rows.csv", positive, PAIRS[positive])
        words = ("data=csv", "data.target=answer", place, "network.hidden_dims=[4]", "optimizer.lr=0.3")
        return train(*words, "trainer.max_epochs=3", *more, folder=folder)

    return trained


def settings(folder, **more):
    defaults = {"run": str(folder), "runs_dir": "runs", "data_dir": None, "changes": {}, "split": "test"}
    return OmegaConf.create(defaults | {"threshold": None, "resamples": 0} | more)


def answers(folder):
    with (folder / "predictions.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def by_scikit_learn(rows, positive):
    true, found = ([row[key] for row in rows] for key in ("target", "predicted"))
    p = [float(row[f"probability_{positive}"]) for row in rows]
    return {
        "precision": metrics.precision_score(true, found, pos_label=positive, zero_division=0),
        "recall": metrics.recall_score(true, found, pos_label=positive),
        "f1": metrics.f1_score(true, found, pos_label=positive),
        "average_precision": metrics.average_precision_score(true, p, pos_label=positive),
        "roc_auc": metrics.roc_auc_score([name == positive for name in true], p),
    }


@pytest.mark.parametrize("positive", PAIRS)
def test_the_scores_are_those_of_the_class_that_is_looked_for_and_say_so(trained_on, positive):
    run = trained_on(positive, "head.threshold=f1")
    assert f"  precision, recall, f1: of class {positive}; accuracy: of all rows (micro)" in run.summary().splitlines()
    outcome = outcome_of(open_run(run.folder), "test")
    columns = outcome.tables()["predictions"]
    expected = by_scikit_learn(
        [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)], positive
    )
    assert {name: outcome.scores()[name] for name in expected} == pytest.approx(expected, abs=1e-9)
    for name in ("precision", "recall", "f1"):
        assert run.metrics[f"test/{name}"] == pytest.approx(expected[name], abs=1e-6)


def test_the_users_word_swaps_scores_figures_and_threshold(trained_on):
    runs = {
        name: trained_on("sick", f"data.positive={name}", "head.threshold='recall>=0.9'", folder=name)
        for name in ("sick", "well")
    }
    for name, run in runs.items():
        folder = evaluate(settings(run.folder))
        scores, rows = json.loads((folder / "metrics.json").read_text()), answers(folder)
        expected = by_scikit_learn(rows, name)
        assert {key: scores[key] for key in expected} == pytest.approx(expected, abs=1e-9)
        threshold = json.loads((run.folder / "threshold.json").read_text())["thresholds"][0]
        assert all((row["predicted"] == name) == (float(row[f"probability_{name}"]) >= threshold) for row in rows)
        opened = open_run(run.folder)
        logits, y = opened.head.outputs(opened.datamodule.whole("val"))
        assert opened.spec.class_names[1] == name
        assert metrics.recall_score(y, opened.head.predictions(logits)) >= 0.9
        curves = opened.head.outcome(logits, y).figures(Scene(opened.datamodule, {"val split": "val"}))
        labels = [line.get_label() for line in curves["roc"]().axes[0].lines]
        assert labels[0].startswith(name)
    rows = [[row["target"] for row in answers(run.folder / "evaluation")] for run in runs.values()]
    assert rows[0] == rows[1]  # the same rows, whichever class is positive


def test_a_run_keeps_its_positive_class(trained_on):
    run = trained_on("sick")
    with pytest.raises(ConfigError, match=r"trained with sick as its positive class \(got 'well'\); leave it out"):
        evaluate(settings(run.folder, changes={"data": {"positive": "well"}}))


def test_a_run_of_a_time_without_the_key_keeps_the_second_of_its_names(trained_on):
    run = trained_on("sick", "~data.positive")
    assert run.parts.head.spec.class_names == ("sick", "well")
    assert open_run(run.folder).datamodule.spec.class_names == ("sick", "well")


def test_a_run_that_is_resumed_keeps_its_positive_class_where_another_would_be_taken_now(trained_on):
    run = trained_on("case", "data.positive=control")  # as a version might have taken it
    run.cfg.data.positive, run.cfg.resume, run.cfg.trainer.max_epochs = "auto", "run", 4
    training.train(run.cfg, run.folder)
    assert training.with_classes_kept(run.cfg, ("a", "b"), run.files.last_checkpoint) is None
    metrics = json.loads((run.folder / "metrics.json").read_text())
    opened = open_run(run.folder)
    assert metrics["epochs"] == 4
    assert opened.spec.class_names == ("case", "control")
    _, y = opened.head.outputs(opened.datamodule.whole("test"))
    assert float((y == 1).float().mean()) == pytest.approx(0.8)  # controls are four rows in five
