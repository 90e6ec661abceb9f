"""Scores equal scikit-learn's, also with ties, certain probabilities, one row and classes without rows."""

import math

import numpy as np
import pytest
import torch
from sklearn import metrics as sk

from src.metrics import agreement
from src.metrics.confusion import scores_from_confusion
from src.metrics.scores import class_scores, overall_scores

NAMES = ("roc_auc", "average_precision")


def multiclass_rows(kind, num_classes=4, num_rows=300, seed=0):
    generator = torch.Generator().manual_seed(seed)
    y = torch.randint(num_classes, (num_rows,), generator=generator)
    logits = 2 * torch.randn(num_rows, num_classes, generator=generator, dtype=torch.float64)
    probabilities = (logits + 2 * torch.nn.functional.one_hot(y, num_classes)).softmax(dim=1)
    if kind == "ties":
        probabilities = (probabilities * 4).round() + 0.25
        probabilities = probabilities / probabilities.sum(dim=1, keepdim=True)
    if kind == "certain":
        probabilities[::2] = torch.nn.functional.one_hot(probabilities[::2].argmax(dim=1), num_classes).double()
    if kind.startswith("missing"):
        y[y == 1] = 0
    if kind == "missing class, never predicted":
        probabilities[:, 1] = 0
        probabilities = probabilities / probabilities.sum(dim=1, keepdim=True)
    return probabilities, probabilities.argmax(dim=1), y


def multilabel_rows(kind, num_rows=300):
    generator = torch.Generator().manual_seed(1)
    y = torch.randint(2, (num_rows, 3), generator=generator)
    p = (torch.randn(num_rows, 3, generator=generator, dtype=torch.float64) + 1.5 * (y - 0.5)).sigmoid()
    if kind == "ties":
        p = (p * 5).round() / 5
    if kind == "certain":
        p[::2] = p[::2].round()
    if kind == "missing class":
        y[:, 1] = 0
    return p, (p >= 0.5).long(), y


def ranking_by_scikit_learn(p, truth):
    """ROC AUC and average precision, NaN when scikit-learn would warn."""
    positive = truth.sum()
    return {
        "roc_auc": sk.roc_auc_score(truth, p) if 0 < positive < len(truth) else math.nan,
        "average_precision": sk.average_precision_score(truth, p) if positive else math.nan,
    }


def calibration_error(confidence, right):
    """By hand: |mean confidence − mean right| of 15 bins, weighted by their rows; 1.0 is a bin of its own."""
    place = (confidence * 15 + 1e-9).astype(int)
    error = sum(abs((confidence - right)[place == k].sum()) for k in range(16))
    return error / len(confidence)


KINDS = ["plain", "ties", "certain", "missing class"]


def beyond_chance(truth, t):
    found = sk.balanced_accuracy_score(truth, t), sk.matthews_corrcoef(truth, t), sk.cohen_kappa_score(truth, t)
    return dict(zip(agreement.NAMES, found, strict=True))


@pytest.mark.parametrize("kind", KINDS[:3])
def test_binary_scores_are_those_of_class_one_in_scikit_learn(kind):
    probabilities, _, y = multiclass_rows(kind, num_classes=2)
    predictions = (probabilities[:, 1] >= 0.7).long()
    p, t, truth = probabilities[:, 1].numpy(), predictions.numpy(), y.numpy()
    expected = {
        "accuracy": sk.accuracy_score(truth, t),
        "precision": sk.precision_score(truth, t),
        "recall": sk.recall_score(truth, t),
        "f1": sk.f1_score(truth, t),
        **beyond_chance(truth, t),
        "roc_auc": sk.roc_auc_score(truth, p),
        "average_precision": sk.average_precision_score(truth, p),
        "log_loss": sk.log_loss(truth, p),
        "brier": sk.brier_score_loss(truth, p),
        "calibration_error": calibration_error(p, truth),
    }
    scores = overall_scores("binary", probabilities, predictions, y)
    assert list(scores) == list(expected)
    assert scores == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("kind", [*KINDS, "missing class, never predicted"])
@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
def test_multiclass_scores_are_scikit_learns_means_over_classes(kind):
    probabilities, predictions, y = multiclass_rows(kind)
    p, t, truth = probabilities.numpy(), predictions.numpy(), y.numpy()
    macro = {"average": "macro", "zero_division": 0}
    each = [ranking_by_scikit_learn(p[:, c], truth == c) for c in range(4)]
    expected = {
        "accuracy": sk.accuracy_score(truth, t),
        "precision": sk.precision_score(truth, t, **macro),
        "recall": sk.recall_score(truth, t, **macro),
        "f1": sk.f1_score(truth, t, **macro),
        **beyond_chance(truth, t),
        **{name: np.nanmean([scores[name] for scores in each]) for name in NAMES},
        "log_loss": sk.log_loss(truth, p, labels=range(4)),
        "brier": sk.brier_score_loss(truth, p, labels=range(4)),
        "calibration_error": calibration_error(p.max(axis=1), t == truth),
    }
    scores = overall_scores("multiclass", probabilities, predictions, y)
    assert list(scores) == list(expected)
    assert scores == pytest.approx(expected, abs=1e-9)
    if kind == "plain":
        assert scores["roc_auc"] == pytest.approx(sk.roc_auc_score(truth, p, multi_class="ovr"))


@pytest.mark.parametrize("kind", KINDS)
def test_multilabel_scores_are_scikit_learns_means_over_labels(kind):
    probabilities, predictions, y = multilabel_rows(kind)
    p, t, truth = probabilities.numpy(), predictions.numpy(), y.numpy()
    each = [ranking_by_scikit_learn(p[:, k], truth[:, k]) for k in range(3)]
    macro = {"average": "macro", "zero_division": 0}
    expected = {
        "accuracy": np.mean([sk.accuracy_score(truth[:, k], t[:, k]) for k in range(3)]),
        "precision": sk.precision_score(truth, t, **macro),
        "recall": sk.recall_score(truth, t, **macro),
        "f1": sk.f1_score(truth, t, **macro),
        **{name: np.nanmean([scores[name] for scores in each]) for name in NAMES},
        "log_loss": np.mean([sk.log_loss(truth[:, k], p[:, k], labels=[0, 1]) for k in range(3)]),
        "brier": np.mean([sk.brier_score_loss(truth[:, k], p[:, k], pos_label=1) for k in range(3)]),
        "calibration_error": np.mean([calibration_error(p[:, k], truth[:, k]) for k in range(3)]),
        "subset_accuracy": sk.accuracy_score(truth, t),
    }
    scores = overall_scores("multilabel", probabilities, predictions, y)
    assert scores == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_precision_recall_and_f1_are_those_that_the_head_logs(kind):
    probabilities, predictions, y = multiclass_rows(kind)
    logged = scores_from_confusion(torch.from_numpy(sk.confusion_matrix(y, predictions, labels=range(4))))
    scores = overall_scores("multiclass", probabilities, predictions, y)
    assert {name: scores[name] for name in logged} == pytest.approx({k: float(v) for k, v in logged.items()}, abs=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_each_class_is_scored_against_the_rest(kind):
    probabilities, predictions, y = multiclass_rows(kind)
    rows = class_scores("multiclass", probabilities, predictions, y, ("a", "b", "c", "d"))
    columns = sk.precision_recall_fscore_support(y, predictions, labels=range(4), zero_division=0)
    for label, row in enumerate(rows):
        expected = dict(zip(("precision", "recall", "f1", "support"), (c[label] for c in columns), strict=True))
        expected |= ranking_by_scikit_learn(probabilities[:, label].numpy(), (y == label).numpy())
        assert row.pop("class") == "abcd"[label]
        assert row == pytest.approx(expected, abs=1e-9, nan_ok=True)


def test_binary_has_a_row_for_both_classes():
    probabilities, predictions, y = multiclass_rows("plain", num_classes=2)
    no, yes = class_scores("binary", probabilities, predictions, y, ("no", "yes"))
    scores = overall_scores("binary", probabilities, predictions, y)
    assert [yes[name] for name in ("f1", *NAMES)] == [scores[name] for name in ("f1", *NAMES)]
    assert no["recall"] == pytest.approx(sk.recall_score(y, predictions, pos_label=0))
    assert [no["support"], yes["support"]] == torch.bincount(y).tolist()


def test_each_label_is_scored_by_itself():
    probabilities, predictions, y = multilabel_rows("ties")
    rows = class_scores("multilabel", probabilities, predictions, y, ("a", "b", "c"))
    assert [row["f1"] for row in rows] == pytest.approx(sk.f1_score(y, predictions, average=None))
    assert [row["roc_auc"] for row in rows] == pytest.approx(sk.roc_auc_score(y, probabilities, average=None))
    assert [row["support"] for row in rows] == y.sum(dim=0).tolist()


def test_one_row_leaves_the_area_under_its_curve_undefined_and_the_rest_defined():
    probabilities, y = torch.tensor([[0.25, 0.75]]), torch.tensor([1])
    scores = overall_scores("binary", probabilities, y, y)
    assert math.isnan(scores.pop("roc_auc"))
    assert math.isnan(scores.pop("kappa"))
    assert scores == pytest.approx(
        {"accuracy": 1, "precision": 1, "recall": 1, "f1": 1, "balanced_accuracy": 1, "mcc": 0,
         "average_precision": 1, "log_loss": -math.log(0.75),
         "brier": 0.0625, "calibration_error": 0.25}
    )  # fmt: skip
    negative = overall_scores("binary", probabilities, y, 1 - y)
    assert math.isnan(negative["roc_auc"])
    assert math.isnan(negative["average_precision"])
    assert negative["precision"] == negative["f1"] == 0
    (row,) = class_scores("multilabel", torch.tensor([[0.75]]), torch.tensor([[1]]), torch.tensor([[1]]), ("a",))
    assert row["average_precision"] == 1


def test_a_certain_mistake_costs_what_scikit_learn_says():
    probabilities, y = torch.tensor([[1.0, 0.0], [0.0, 1.0]], dtype=torch.float64), torch.tensor([1, 1])
    scores = overall_scores("binary", probabilities, torch.tensor([0, 1]), y)
    assert scores["log_loss"] == pytest.approx(sk.log_loss(y, probabilities, labels=[0, 1]))


def test_a_float32_probability_of_nearly_one_keeps_its_loss():
    small = 1e-9
    probabilities = torch.tensor([[small, 1 - small]])  # 1 − p would be 0 in float32
    scores = overall_scores("binary", probabilities, torch.tensor([1]), torch.tensor([0]))
    assert scores["log_loss"] == pytest.approx(-math.log(small), rel=1e-6)


def test_many_rows_keep_float64():
    generator = torch.Generator().manual_seed(0)
    y = (torch.rand(50_000, generator=generator) < 0.3).long()
    p = (torch.randn(50_000, generator=generator) + y).sigmoid()
    scores = overall_scores("binary", torch.stack([1 - p, p], dim=1), (p > 0.5).long(), y)
    assert scores["roc_auc"] == pytest.approx(sk.roc_auc_score(y, p), abs=1e-12)
    assert scores["average_precision"] == pytest.approx(sk.average_precision_score(y, p), abs=1e-12)


def test_a_probability_a_rounding_error_above_one_is_one():
    above = torch.tensor([[-1e-7, 1 + 1e-7]])
    certain = torch.tensor([[0.0, 1.0]])
    one = torch.tensor([1])
    assert overall_scores("multiclass", above, one, one) == pytest.approx(
        overall_scores("multiclass", certain, one, one), nan_ok=True
    )


@pytest.mark.parametrize("labels", [[0, 0, 0], [0, 1, 0], [1, 1, 1]], ids=["all right", "one wrong", "all wrong"])
@pytest.mark.filterwarnings("ignore")
def test_rows_of_one_class_agree_as_in_scikit_learn(labels):
    """Kappa is 0 / 0 if all rows are of one class and right."""
    truth, labels = torch.tensor([0, 0, 0]), torch.tensor(labels)
    scores = overall_scores("binary", torch.eye(2)[labels], labels, truth)
    found = {name: scores[name] for name in agreement.NAMES}
    assert found == pytest.approx(beyond_chance(truth.numpy(), labels.numpy()), nan_ok=True)
