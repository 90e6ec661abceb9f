"""Losses, labels and scores of the heads compared with scikit-learn's on the same predictions."""

import numpy as np
import pytest
import torch
from sklearn import metrics
from sklearn.utils.class_weight import compute_class_weight

from src.errors import ConfigError
from src.heads.binary import BinaryHead
from src.heads.multiclass import MulticlassHead
from src.heads.regression import RegressionHead
from src.metrics.confusion import scores_from_confusion
from src.networks.perceptron import Perceptron
from src.spec import DataSpec

BINARY = DataSpec("binary", (2,), ("a", "b"), (30, 10))
THREE = DataSpec("multiclass", (2,), ("a", "b", "c"), (30, 10, 20))
LINE = DataSpec("regression", (2,))


def head_of(kind, spec, **settings):
    return kind(Perceptron((2,), kind.num_outputs(spec)), spec, torch.optim.SGD, **settings)


def draw(num_classes, num_rows=200):
    generator = torch.Generator().manual_seed(0)
    y = torch.randint(0, num_classes, (num_rows,), generator=generator)
    return torch.randn(num_rows, num_classes, generator=generator), y


@pytest.mark.parametrize("num_classes", [2, 3, 5])
def test_scores_equal_scikit_learn(num_classes):
    logits, y = draw(num_classes)
    labels = logits.argmax(dim=1)
    scores = scores_from_confusion(torch.from_numpy(metrics.confusion_matrix(y, labels)))
    average = "binary" if num_classes == 2 else "macro"
    assert scores["accuracy"].item() == pytest.approx(metrics.accuracy_score(y, labels))
    assert scores["precision"].item() == pytest.approx(metrics.precision_score(y, labels, average=average))
    assert scores["recall"].item() == pytest.approx(metrics.recall_score(y, labels, average=average))
    assert scores["f1"].item() == pytest.approx(metrics.f1_score(y, labels, average=average))


def test_class_that_is_never_predicted_scores_zero():
    y, labels = np.array([0, 0, 1, 1]), np.array([0, 0, 0, 0])
    scores = scores_from_confusion(torch.from_numpy(metrics.confusion_matrix(y, labels)))
    assert scores["precision"].item() == metrics.precision_score(y, labels, zero_division=0) == 0
    assert scores["f1"].item() == metrics.f1_score(y, labels, zero_division=0) == 0


@pytest.mark.parametrize("loss", ["bce_with_logits", "bce"])
def test_binary_loss_equals_scikit_learn(loss):
    logits, y = draw(2)
    value = head_of(BinaryHead, BINARY, loss=loss).loss(logits[:, 0], y)
    assert value.item() == pytest.approx(metrics.log_loss(y, logits[:, 0].sigmoid().double()), rel=1e-5)


@pytest.mark.parametrize(("kind", "spec"), [(BinaryHead, BINARY), (MulticlassHead, THREE)])
@pytest.mark.parametrize("weights", ["balanced", "given"])
def test_weighted_loss_equals_scikit_learn(kind, spec, weights):
    given = [0.5, 2.0, 1.0][: spec.num_classes]
    head = head_of(kind, spec, class_weights=given if weights == "given" else "balanced")
    if weights == "balanced":
        labels = np.repeat(np.arange(spec.num_classes), spec.class_counts)
        given = compute_class_weight("balanced", classes=np.arange(spec.num_classes), y=labels)
    logits, y = draw(spec.num_classes)
    logits = logits[:, 0] if kind is BinaryHead else logits
    probabilities = head.probabilities(logits).double()
    expected = metrics.log_loss(y, probabilities, sample_weight=np.asarray(given)[y])
    assert head.loss(logits, y).item() == pytest.approx(expected, rel=1e-5)


def test_class_weights_of_the_wrong_number_are_refused():
    with pytest.raises(ConfigError, match=r"head.class_weights: needs one weight for each of the 3 classes \(got 2\)"):
        head_of(MulticlassHead, THREE, class_weights=[1.0, 2.0])


def test_threshold_decides_from_which_probability_a_row_is_class_one():
    logits = torch.logit(torch.tensor([0.2, 0.5, 0.69, 0.71, 0.9]))
    assert head_of(BinaryHead, BINARY).predictions(logits).tolist() == [0, 1, 1, 1, 1]
    assert head_of(BinaryHead, BINARY, threshold=0.7).predictions(logits).tolist() == [0, 0, 0, 1, 1]


def test_evaluate_over_several_blocks_equals_scikit_learn():
    head = head_of(BinaryHead, BINARY)
    x, y = draw(2)
    with torch.no_grad():
        logits = head(x)
    results = head.evaluate([[(x[:50], y[:50]), (x[50:60], y[50:60])], [(x[60:], y[60:])]])
    assert results["loss"] == pytest.approx(metrics.log_loss(y, logits.sigmoid().double()), rel=1e-5)
    assert results["accuracy"] == pytest.approx(metrics.accuracy_score(y, logits > 0))
    assert results["confusion_matrix"] == metrics.confusion_matrix(y, logits > 0).tolist()


def test_regression_scores_equal_scikit_learn():
    head = head_of(RegressionHead, LINE)
    x, _ = draw(2)
    y = x[:, 0] + 0.5
    with torch.no_grad():
        predicted = head(x).numpy()
    results = head.evaluate([[(x[:50], y[:50]), (x[50:], y[50:])]])
    assert results["loss"] == pytest.approx(metrics.mean_squared_error(y, predicted), rel=1e-5)
    assert results["rmse"] == pytest.approx(metrics.root_mean_squared_error(y, predicted), rel=1e-5)
    assert results["mae"] == pytest.approx(metrics.mean_absolute_error(y, predicted), rel=1e-5)
    assert results["r2"] == pytest.approx(metrics.r2_score(y, predicted), rel=1e-4)
