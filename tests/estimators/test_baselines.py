"""Each baseline equals scikit-learn's, called by hand on the rows that the network sees, to nine digits."""

import numpy as np
import pytest
import torch
from sklearn import metrics
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from src.errors import ConfigError
from src.estimators.compare import Settings, compare
from src.estimators.models import Fitted, baselines
from src.estimators.rows import training_rows
from src.runs.opening import open_run

FAST = ("trainer.max_epochs=2", "callbacks.figures=null")
BY_HAND = {
    "majority class": lambda: DummyClassifier(strategy="prior"),
    "logistic regression": lambda: LogisticRegression(max_iter=1000),
    "nearest neighbours": lambda: KNeighborsClassifier(5),
    "random forest": lambda: RandomForestClassifier(random_state=3),
    "histogram boosting": lambda: HistGradientBoostingClassifier(early_stopping=False, random_state=3),
}
VALUES_BY_HAND = {
    "mean": DummyRegressor,
    "ridge regression": Ridge,
    "nearest neighbours": lambda: KNeighborsRegressor(5),
    "random forest": lambda: RandomForestRegressor(random_state=3),
    "histogram boosting": lambda: HistGradientBoostingRegressor(early_stopping=False, random_state=3),
}


def opened_run(train, *words, folder="run"):
    opened = open_run(train(*words, *FAST, folder=folder).folder)
    opened.check_data()
    return opened


def rows_of(opened):
    """Rows of each split as NumPy arrays."""
    splits = opened.datamodule.splits
    return [(rows.x.flatten(1).double().numpy(), rows.y.numpy()) for rows in splits]


def scored(y, labels, p):
    """Scores of labels and probabilities of class 1, by scikit-learn."""
    return {
        "accuracy": metrics.accuracy_score(y, labels),
        "precision": metrics.precision_score(y, labels, zero_division=0),
        "f1": metrics.f1_score(y, labels, zero_division=0),
        "mcc": metrics.matthews_corrcoef(y, labels),
        "roc_auc": metrics.roc_auc_score(y, p),
        "log_loss": metrics.log_loss(y, p),
        "brier": metrics.brier_score_loss(y, p),
    }


def test_two_classes(train):
    opened = opened_run(train, "experiment=moons", "data.num_samples=200", "data.noise=0.5")
    report = compare(opened.head, opened.datamodule, Settings(seed=3, resamples=200))
    (x, y), (val_x, val_y), (test_x, test_y) = rows_of(opened)
    assert [row.name for row in report.baselines] == list(BY_HAND)
    for row in report.baselines:
        model = BY_HAND[row.name]().fit(x, y)
        expected = scored(test_y, model.predict(test_x), model.predict_proba(test_x)[:, 1])
        assert {name: row.scores[name] for name in expected} == pytest.approx(expected, abs=1e-9)
        assert row.val == pytest.approx(model.score(val_x, val_y), abs=1e-9)
        assert row.difference == pytest.approx(report.network.scores["accuracy"] - row.scores["accuracy"], abs=1e-9)
        assert row.ends[0] < row.difference < row.ends[1]
        low, high = row.intervals["accuracy"]
        assert low < row.scores["accuracy"] < high
    logits, y = opened.head.outputs(opened.datamodule.whole("test"))
    shown = opened.head.outcome(logits, y).scores(200)
    assert report.network.scores == {name: shown[name] for name in report.network.scores}
    assert report.network.intervals == shown["intervals"]
    best = max(report.baselines, key=lambda row: row.val)
    assert (report.best, report.train_rows, report.test_rows) == (best.name, len(x), len(test_y))
    assert best.val > min(row.val for row in report.baselines)


def test_several_classes(train):
    opened = opened_run(train, "experiment=iris", "data.seed=1")
    report = compare(opened.head, opened.datamodule, Settings(metric="log_loss", seed=3, resamples=50))
    (x, y), _, (test_x, test_y) = rows_of(opened)
    for row in report.baselines:
        model = BY_HAND[row.name]().fit(x, y)
        p = model.predict_proba(test_x)
        expected = {
            "accuracy": metrics.accuracy_score(test_y, model.predict(test_x)),
            "f1": metrics.f1_score(test_y, model.predict(test_x), average="macro", labels=np.unique(test_y)),
            "roc_auc": metrics.roc_auc_score(test_y, p, multi_class="ovr"),
            "log_loss": metrics.log_loss(test_y, p),
        }
        if row.name != "majority class":  # whose classes without a prediction count nothing
            assert {name: row.scores[name] for name in expected} == pytest.approx(expected, abs=1e-9)
        assert row.scores["log_loss"] == pytest.approx(expected["log_loss"], abs=1e-9)
    assert report.best == min(report.baselines, key=lambda row: row.val).name


def test_several_labels(train):
    opened = opened_run(train, "experiment=multilabel", "data.num_samples=100")
    report = compare(opened.head, opened.datamodule, Settings(seed=3, resamples=50))
    (x, y), _, (test_x, test_y) = rows_of(opened)
    for row in report.baselines:
        models = [BY_HAND[row.name]().fit(x, column) for column in y.T]
        labels = np.stack([model.predict(test_x) for model in models], axis=1)
        p = np.stack([model.predict_proba(test_x)[:, 1] for model in models], axis=1)
        expected = {
            "accuracy": (labels == test_y).mean(),
            "subset_accuracy": metrics.accuracy_score(test_y, labels),
            "f1": metrics.f1_score(test_y, labels, average="macro", zero_division=0),
            "log_loss": np.mean([metrics.log_loss(test_y[:, i], p[:, i]) for i in range(y.shape[1])]),
        }
        assert {name: row.scores[name] for name in expected} == pytest.approx(expected, abs=1e-9)


def test_values(train):
    opened = opened_run(train, "experiment=line", "data.num_samples=200", folder="line")
    report = compare(opened.head, opened.datamodule, Settings(seed=3, resamples=100))
    (x, y), _, (test_x, test_y) = rows_of(opened)
    y, test_y = y.astype(np.float64), test_y.astype(np.float64)
    assert report.metric == "r2"
    for row in report.baselines:
        predicted = VALUES_BY_HAND[row.name]().fit(x, y).predict(test_x)
        expected = {
            "r2": metrics.r2_score(test_y, predicted),
            "mae": metrics.mean_absolute_error(test_y, predicted),
            "rmse": metrics.root_mean_squared_error(test_y, predicted),
        }
        assert row.scores == pytest.approx(expected, abs=1e-9)
    assert report.validates_on_training
    assert any("validation rows are training rows here" in line for line in report.lines())


def test_pictures_are_flattened_and_only_so_many_are_used(train):
    opened = opened_run(train, "experiment=digits", "trainer.max_epochs=1")
    data = opened.datamodule
    rows = training_rows(data, 64 * 200, seed=5)
    assert rows.x.shape == (200, 64)
    drawn = np.sort(np.random.default_rng(5).choice(rows.total, 200, replace=False))
    expected = data.scaled(data.splits.train.x[torch.from_numpy(drawn)]).flatten(1).double().numpy()
    assert np.array_equal(rows.x, expected)
    assert np.array_equal(rows.y, data.splits.train.y.numpy()[drawn])
    assert len(training_rows(data, 10**9, seed=5).x) == rows.total == len(data.splits.train.y)
    with pytest.raises(
        ConfigError, match=r"leaves 15 of 1,\d+ training rows with 64 inputs \(got 1000\); raise it to at least 6400"
    ):
        training_rows(data, 1000, seed=5)


def test_a_rule_for_the_threshold_holds_for_the_baselines_too(train):
    opened = opened_run(
        train, "experiment=moons", "data.num_samples=300", "data.noise=0.5", "head.threshold='recall>=0.9'"
    )
    report = compare(opened.head, opened.datamodule, Settings(metric="recall", resamples=20))
    assert report.network.val >= 0.9
    assert all(row.val >= 0.9 for row in report.baselines if row.name != "majority class")
    assert report.threshold == "recall>=0.9, chosen for each on validation rows"


def test_classes_and_labels_without_rows_have_no_probability():
    x = np.arange(8.0)[:, None]
    for make in baselines("multiclass", 8, seed=0).values():
        assert Fitted(make, x, np.array([0, 2] * 4), 4)(x)[:, [1, 3]].max() == 0
        assert Fitted(make, x, np.array([2] * 8), 4)(x).tolist() == [[0, 0, 1, 0]] * 8
        assert Fitted(make, x, np.array([[0, 1]] * 8), 2)(x).tolist() == [[0, 1]] * 8


def test_rows_that_count_more_count_more_where_an_estimator_knows_it(train):
    opened = opened_run(train, "experiment=moons", "data.num_samples=120", "data.noise=0.5")
    (x, y), _, (test_x, _) = rows_of(opened)
    opened.datamodule.weights = torch.linspace(0.1, 1.9, len(y))
    weights = opened.datamodule.weights.double().numpy()
    rows = training_rows(opened.datamodule, 10**6, seed=0)
    for name, make in BY_HAND.items():
        model = Fitted(make, rows.x, rows.y, 2, rows.weights)
        given = {} if name == "nearest neighbours" else {"sample_weight": weights}
        assert model.weighs == bool(given)
        assert model(test_x) == pytest.approx(make().fit(x, y, **given).predict_proba(test_x), abs=1e-9)


def test_a_fit_that_did_not_end_is_named():
    stream = np.random.default_rng(0)
    x = stream.normal(size=(60, 3)) * [1, 1e5, 1e-4]
    y = (x[:, 0] + x[:, 1] / 1e5 > 0).astype(int)
    assert not Fitted(lambda: LogisticRegression(max_iter=1), x, y, 2).converged
    assert Fitted(lambda: LogisticRegression(), x[:, :1], y, 2).converged
