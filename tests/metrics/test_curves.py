"""Curves are scikit-learn's tables, and defined for any rows."""

import numpy as np
import pytest
import torch
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve as calibration_curve_of_scikit_learn

from src.metrics.curves import calibration_curve, precision_recall_curve, roc_curve, threshold_curve

CURVES = (roc_curve, precision_recall_curve, calibration_curve, threshold_curve)


def rows(kind, num_rows=400):
    generator = torch.Generator().manual_seed(0)
    y = torch.randint(2, (num_rows,), generator=generator)
    p = (torch.randn(num_rows, generator=generator) + 1.5 * (y - 0.5)).sigmoid()
    if kind == "ties":
        p = (p * 7).round() / 7
    if kind == "certain":
        p[::2] = p[::2].round()
    if kind == "float64":
        p = p.double()
    return p, y


KINDS = ["plain", "ties", "certain", "float64"]


@pytest.mark.parametrize("kind", KINDS)
def test_roc_curve_is_scikit_learns(kind):
    p, y = rows(kind)
    curve = roc_curve(p, y)
    expected = sk.roc_curve(y, p.double(), drop_intermediate=False)
    for column, values in zip(("fpr", "tpr", "threshold"), expected, strict=True):
        np.testing.assert_allclose(curve[column], values, rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_precision_recall_curve_is_scikit_learns(kind):
    p, y = rows(kind)
    curve = precision_recall_curve(p, y)
    precision, recall, threshold = sk.precision_recall_curve(y, p.double())
    np.testing.assert_allclose(curve["precision"], precision, rtol=1e-12)
    np.testing.assert_allclose(curve["recall"], recall, rtol=1e-12)
    np.testing.assert_allclose(curve["threshold"], [*threshold, np.inf], rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bins", [1, 4, 10])
def test_calibration_curve_is_scikit_learns(kind, bins):
    p, y = rows(kind)
    curve = calibration_curve(p, y, bins)
    observed, mean = calibration_curve_of_scikit_learn(y, p.double(), n_bins=bins)
    np.testing.assert_allclose(curve["mean_probability"], mean, rtol=1e-12)
    np.testing.assert_allclose(curve["observed"], observed, rtol=1e-12)
    assert curve["count"].sum() == len(y)


def test_an_edge_belongs_to_the_lower_bin():
    p, y = torch.tensor([0.0, 0.25, 0.5, 1.0]), torch.tensor([0, 1, 0, 1])
    curve = calibration_curve(p, y, bins=4)
    observed, mean = calibration_curve_of_scikit_learn(y, p, n_bins=4)
    assert curve["count"].tolist() == [2, 1, 1]
    assert curve["mean_probability"].tolist() == mean.tolist() == [0.125, 0.5, 1]
    assert curve["observed"].tolist() == observed.tolist()


def test_empty_bins_are_left_out():
    curve = calibration_curve(torch.tensor([0.05, 0.06, 0.95]), torch.tensor([0, 1, 1]))
    assert curve["count"].tolist() == [2, 1]
    assert curve["observed"].tolist() == [0.5, 1]


@pytest.mark.parametrize("kind", KINDS)
def test_threshold_curve_calls_positive_what_reaches_the_threshold(kind):
    p, y = rows(kind)
    curve = threshold_curve(p, y)
    assert curve["threshold"].tolist() == [step / 100 for step in range(101)]
    for step in (0, 1, 14, 50, 86, 100):
        predictions = (p >= step / 100).long()
        negatives = predictions[y == 0]
        assert curve["tpr"][step] == curve["recall"][step] == sk.recall_score(y, predictions)
        assert curve["fpr"][step] == negatives.sum().double() / len(negatives)
        assert curve["precision"][step] == sk.precision_score(y, predictions, zero_division=1)


@pytest.mark.parametrize("value", [0.07, 0.29, 0.7, 1.0])
def test_a_float32_probability_reaches_the_threshold_of_the_same_name(value):
    curve = threshold_curve(torch.tensor([value]), torch.tensor([1]))
    assert curve["threshold"][curve["tpr"] == 1].max() == value


@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize("curve", CURVES)
def test_rates_without_rows_to_count_are_nan_and_nothing_else_is(curve, label):
    table = curve(torch.tensor([0.2, 0.7, 0.7]), torch.full((3,), label))
    undefined = {"tpr", "recall"} if label == 0 else {"fpr"}
    assert {name for name, column in table.items() if column.isnan().any()} == undefined & set(table)


@pytest.mark.parametrize("num_rows", [1, 50])
@pytest.mark.parametrize("curve", CURVES)
def test_columns_are_equally_long_and_float64(curve, num_rows):
    p, y = rows("ties", num_rows)
    columns = curve(p, y).values()
    assert {column.dtype for column in columns} == {torch.float64}
    assert len({column.shape for column in columns}) == 1
