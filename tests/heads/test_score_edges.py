"""Scores and losses at their edges: absent classes, moved thresholds, smoothing, and the smallest splits."""

import lightning.pytorch as pl
import numpy as np
import pytest
import torch
from pydantic import ValidationError
from sklearn import metrics

from src.data.synthetic.line import Line
from src.errors import ConfigError
from src.heads.binary import BinaryHead
from src.heads.multiclass import MulticlassHead
from src.heads.regression import RegressionHead
from src.metrics.bootstrap import intervals
from src.metrics.confusion import scores_from_confusion
from src.networks.perceptron import Perceptron
from src.spec import DataSpec

BINARY = DataSpec("binary", (2,), ("a", "b"), (30, 10))
THREE = DataSpec("multiclass", (2,), ("a", "b", "c"), (30, 10, 20))
LINE = DataSpec("regression", (1,))


def head_of(kind, spec, **settings):
    torch.manual_seed(0)
    return kind(Perceptron(spec.input_shape, kind.num_outputs(spec)), spec, torch.optim.SGD, **settings)


def draw(num_classes, num_columns=2, num_rows=90):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(num_rows, num_columns, generator=generator)
    return x, torch.randint(0, num_classes, (num_rows,), generator=generator)


@pytest.mark.parametrize(
    ("y", "labels", "num_classes"),
    [
        ([0, 0, 1, 1], [0, 0, 0, 0], 2),
        ([0, 0, 0, 0], [0, 1, 0, 1], 2),
        ([1, 1, 1, 1], [0, 0, 0, 0], 2),
        ([0, 0, 1, 1, 2], [0, 0, 1, 0, 0], 3),
        ([0, 0, 1, 1, 0], [0, 2, 1, 1, 2], 3),
        ([0, 1, 1, 0], [0, 1, 1, 1], 4),
    ],
    ids=["never predicted", "never true", "always wrong", "missed of three", "invented", "two absent of four"],
)
def test_absent_classes_score_as_in_scikit_learn_with_zero_division_0(y, labels, num_classes):
    classes = list(range(num_classes))
    scores = scores_from_confusion(torch.from_numpy(metrics.confusion_matrix(y, labels, labels=classes)))
    how = {"average": "binary" if num_classes == 2 else "macro"}
    assert scores["accuracy"].item() == pytest.approx(metrics.accuracy_score(y, labels))
    for name in ("precision", "recall", "f1"):
        expected = getattr(metrics, f"{name}_score")(y, labels, zero_division=0, **how)
        assert scores[name].item() == pytest.approx(expected), name


@pytest.mark.parametrize("settings", [{}, {"label_smoothing": 0.2}, {"class_weights": [1.0, 3.0, 0.5]}])
def test_the_losses_of_many_runs_are_those_of_each_by_the_formula(settings):
    head = head_of(MulticlassHead, THREE, **settings)
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(4, 3, 30, generator=generator).transpose(1, 2)  # as a stack has them: columns last
    y = torch.randint(0, 3, (4, 30), generator=generator)
    found = head.losses(logits, y)
    for run, labels, loss in zip(logits.double().numpy(), y.numpy(), found.tolist(), strict=True):
        p = np.exp(run) / np.exp(run).sum(axis=1, keepdims=True)
        share = settings.get("label_smoothing", 0.0)
        each = -(1 - share) * np.log(p[range(30), labels]) - share * np.log(p).mean(axis=1)
        weights = np.array(settings.get("class_weights", [1.0, 1.0, 1.0]))[labels]
        assert loss == pytest.approx(float((weights * each).sum() / weights.sum()), abs=1e-6)


def test_counts_too_large_for_float32_keep_their_accuracy():
    confusion = torch.tensor([[2**25, 1], [1, 2**25 + 1]])
    assert scores_from_confusion(confusion)["accuracy"].item() == pytest.approx(1 - 2 / (2**26 + 3), abs=1e-7)


@pytest.mark.parametrize("threshold", [0.01, 0.3, 0.5, 0.9])
def test_threshold_moves_labels_as_comparing_probabilities_does(threshold):
    logits = torch.linspace(-8, 8, 1001)
    labels = head_of(BinaryHead, BINARY, threshold=threshold).predictions(logits)
    expected = 1 / (1 + np.exp(-logits.double().numpy())) >= threshold
    assert labels.tolist() == expected.astype(int).tolist()


def test_binary_probabilities_sum_to_one_and_are_logistic():
    logits = torch.linspace(-5, 5, 11)
    probabilities = head_of(BinaryHead, BINARY).probabilities(logits)
    assert probabilities[:, 1].numpy() == pytest.approx(1 / (1 + np.exp(-logits.numpy())), abs=1e-6)
    assert probabilities.sum(dim=1).numpy() == pytest.approx(np.ones(11))


def test_multiclass_loss_equals_scikit_learn():
    logits, y = draw(3, num_columns=3)
    expected = metrics.log_loss(y, logits.double().softmax(dim=1).numpy())
    assert head_of(MulticlassHead, THREE).loss(logits, y).item() == pytest.approx(expected, rel=1e-5)


def test_label_smoothing_mixes_the_loss_with_that_of_a_uniform_target():
    logits, y = draw(3, num_columns=3)
    smoothed = head_of(MulticlassHead, THREE, label_smoothing=0.2).loss(logits, y).item()
    log_probabilities = logits.double().log_softmax(dim=1)
    expected = 0.8 * -log_probabilities[torch.arange(90), y].mean() + 0.2 * -log_probabilities.mean()
    assert smoothed == pytest.approx(expected.item(), rel=1e-5)


@pytest.mark.parametrize(("kind", "spec"), [(BinaryHead, BINARY), (MulticlassHead, THREE), (MulticlassHead, BINARY)])
def test_evaluation_equals_scikit_learn(kind, spec):
    head = head_of(kind, spec)
    x, y = draw(spec.num_classes)
    with torch.no_grad():
        probabilities = head.probabilities(head(x).double()).numpy()
    labels = probabilities.argmax(axis=1)
    results = head.evaluate([[(x[:40], y[:40]), (x[40:41], y[40:41])], [(x[41:], y[41:])]])
    average = "binary" if spec.num_classes == 2 else "macro"
    assert results["loss"] == pytest.approx(metrics.log_loss(y, probabilities), rel=1e-5)
    assert results["accuracy"] == pytest.approx(metrics.accuracy_score(y, labels))
    assert results["f1"] == pytest.approx(metrics.f1_score(y, labels, average=average))
    assert results["confusion_matrix"] == metrics.confusion_matrix(y, labels).tolist()
    closing = {
        "log_loss": metrics.log_loss(y, probabilities),
        "balanced_accuracy": metrics.balanced_accuracy_score(y, labels),
        "mcc": metrics.matthews_corrcoef(y, labels),
        "kappa": metrics.cohen_kappa_score(y, labels),
    }
    assert {name: results[name] for name in head.closing_names} == pytest.approx(closing, abs=1e-9)
    assert {*head.all_score_names, "confusion_matrix"} == results.keys()


def test_the_log_loss_knows_no_weights_and_no_smoothing():
    x, y = draw(3)
    plain = head_of(MulticlassHead, THREE)
    other = head_of(MulticlassHead, THREE, label_smoothing=0.2, class_weights=[1.0, 5.0, 2.0])
    mine, theirs = (head.evaluate([(x, y)]) for head in (plain, other))
    assert mine["log_loss"] == theirs["log_loss"] == pytest.approx(mine["loss"], rel=1e-6)
    assert abs(theirs["loss"] - mine["loss"]) > 0.01


def test_classes_that_neither_occur_nor_are_predicted_leave_an_interval_alone():
    """40, 18 and 2 rows, all right: a resample without the two has the macro mean of the others, as in scikit-learn."""
    y = torch.tensor([0] * 40 + [1] * 18 + [2] * 2)
    assert intervals("multiclass", torch.eye(3)[y], y, y, resamples=200)["f1"] == (1, 1)


def test_evaluation_silences_no_unit_and_moves_no_weight():
    head = head_of(BinaryHead, BINARY)
    before = [p.clone() for p in head.parameters()]
    x, y = draw(2)
    head.network.insert(0, torch.nn.Dropout(0.5))
    assert head.evaluate([[(x, y)]]) == head.evaluate([[(x, y)]])
    assert all(torch.equal(*pair) for pair in zip(before, head.parameters(), strict=True))


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("mse", metrics.mean_squared_error),
        ("l1", metrics.mean_absolute_error),
        ("huber", lambda y, p: np.where(abs(y - p) < 1, 0.5 * (y - p) ** 2, abs(y - p) - 0.5).mean()),
    ],
)
def test_regression_losses_follow_their_formulas(loss, expected):
    y, predicted = torch.linspace(-3, 3, 50), torch.linspace(2, -1, 50)
    value = head_of(RegressionHead, LINE, loss=loss).loss(predicted, y).item()
    assert value == pytest.approx(expected(y.numpy(), predicted.numpy()), rel=1e-5)


def test_regression_trains_with_a_single_validation_row():
    datamodule = Line(num_samples=10, test_fraction=0.2, val_fraction=0.1)
    assert len(datamodule.splits.val.y) == 1
    head = RegressionHead(Perceptron((1,), 1), datamodule.spec, lambda p: torch.optim.SGD(p, lr=0.1))
    trainer = pl.Trainer(
        max_epochs=1, accelerator="cpu", logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False, num_sanity_val_steps=0,
    )  # fmt: skip
    trainer.fit(head, datamodule=datamodule)
    x, y = datamodule.splits.val
    with torch.no_grad():
        expected = metrics.mean_squared_error(y, head(x))
    assert trainer.callback_metrics["val/loss"].item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("kind", "spec", "bad"),
    [
        (BinaryHead, BINARY, {"threshold": 0.0}),
        (BinaryHead, BINARY, {"threshold": 1.0}),
        (BinaryHead, BINARY, {"loss": "hinge"}),
        (BinaryHead, BINARY, {"class_weights": [1.0, -1.0]}),
        (MulticlassHead, THREE, {"label_smoothing": 1.0}),
        (RegressionHead, LINE, {"loss": "mape"}),
    ],
)
def test_values_outside_their_range_are_refused_by_name(kind, spec, bad):
    head_of(kind, spec)
    with pytest.raises((ValidationError, ConfigError), match=next(iter(bad))):
        head_of(kind, spec, **bad)
