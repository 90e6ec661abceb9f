"""The sentence follows the interval for the baseline that validation chose, not the one with the best test score."""

import pytest

from src.estimators.report import Report, Row, verdict


def row(name, val, test, difference=None, ends=None):
    return Row(name=name, val=val, scores={"accuracy": test}, intervals={}, difference=difference, ends=ends)


def report(*baselines, metric="accuracy", **more):
    facts = {"rope": 0.01, "seed": 0, "train_rows": 100, "train_rows_of": 100, "test_rows": 50}
    facts |= {"validates_on_training": False, "network": row("network", 0.9, 0.9), "baselines": list(baselines)}
    return Report(metric=metric, **facts | more).concluded()


@pytest.mark.parametrize(
    ("ends", "word", "less_is_better"),
    [
        ((0.001, 0.1), "beats", "does not beat"),
        ((-0.1, -0.001), "does not beat", "beats"),
        ((-0.1, 0.1), "undecided", "undecided"),
        ((-0.01, 0.01), "equals", "equals"),
        ((0.002, 0.008), "equals", "equals"),
        ((0.0, 0.1), "undecided", "undecided"),
        (None, "undecided", "undecided"),
    ],
)
def test_the_interval_decides(ends, word, less_is_better):
    value = None if ends is None else sum(ends) / 2
    assert verdict(value, ends, 1, 0.01) == word
    assert verdict(value, ends, -1, 0.01) == less_is_better


def test_validation_chooses_the_baseline_and_the_simplest_of_equals():
    found = report(
        row("majority class", 0.5, 0.99, -0.09, (-0.1, -0.08)),
        row("logistic regression", 0.8, 0.7, 0.2, (0.1, 0.3)),
        row("random forest", 0.8, 0.95, -0.05, (-0.1, -0.01)),
    )
    assert (found.best, found.word) == ("logistic regression", "beats")
    assert found.sentence == (
        "The network beats logistic regression, the best baseline by validation accuracy: test accuracy differs by "
        "+0.2000 [+0.1000, +0.3000]."
    )


def test_less_is_better_of_a_loss():
    found = report(
        row("mean", 0.5, 0.5, -0.3, (-0.4, -0.2)), row("forest", 0.9, 0.1, 0.1, (0.0, 0.2)), metric="rmse", rope=0
    )
    assert (found.best, found.word) == ("mean", "beats")


@pytest.mark.parametrize(
    ("ends", "begins"),
    [
        (
            (-0.1, 0.2),
            "Undecided between the network and mean, the best baseline by validation accuracy: test accuracy",
        ),
        ((-0.3, -0.2), "The network does not beat mean, the best baseline by validation accuracy: test accuracy"),
        ((-0.01, 0.0), "The network equals mean within 0.01, the best baseline by validation accuracy: test accuracy"),
    ],
)
def test_sentences(ends, begins):
    assert report(row("mean", 0.9, 0.9, 0.0, ends)).sentence.startswith(begins)


def test_what_was_left_out_is_said():
    lines = report(row("mean", 0.9, 0.9, 0.0, None), train_rows=10, threshold="f1, chosen for each").lines()
    assert "  baselines: scikit-learn's, fitted to 10 of the 100 training rows, drawn at random" in "\n".join(lines)
    assert "  threshold of network and baselines: f1, chosen for each" in lines
    assert Report.model_validate_json(report(row("mean", None, 0.9)).model_dump_json()).best == "mean"
