"""Several labels per row: loss, scores and thresholds against scikit-learn."""

import pytest
import torch
from sklearn.metrics import (
    accuracy_score,
    log_loss,
    multilabel_confusion_matrix,
    precision_recall_curve,
    precision_recall_fscore_support,
)

from src.data.synthetic.multilabel import Multilabel
from src.errors import ConfigError
from src.heads.multilabel import MultilabelHead
from src.networks.mlp import MLP
from src.spec import DataSpec

SPEC = DataSpec("multilabel", (6,), ("a", "b", "c"), (1, 1, 1))


@pytest.fixture
def head():
    torch.manual_seed(0)
    return MultilabelHead(MLP((6,), 3, [8]), SPEC, torch.optim.SGD)


@pytest.fixture
def rows():
    generator = torch.Generator().manual_seed(1)
    return torch.randn(200, 3, generator=generator), torch.randint(0, 2, (200, 3), generator=generator)


def test_scores_are_scikit_learns(head, rows):
    logits, y = rows
    found = head.measure(logits, y)
    predicted = (logits > 0).long()
    precision, recall, f1, _ = precision_recall_fscore_support(y, predicted, average="macro", zero_division=0)
    assert found["accuracy"] == pytest.approx((predicted == y).float().mean().item(), abs=1e-6)
    assert found["subset_accuracy"] == pytest.approx(accuracy_score(y, predicted), abs=1e-6)
    assert [found[name] for name in ("precision", "recall", "f1")] == pytest.approx([precision, recall, f1], abs=1e-6)
    assert found["confusion_matrix"] == multilabel_confusion_matrix(y, predicted).tolist()
    by_label = precision_recall_fscore_support(y, predicted, average=None, zero_division=0)
    assert found["precision_by_label"] == pytest.approx(by_label[0], abs=1e-6)
    assert found["recall_by_label"] == pytest.approx(by_label[1], abs=1e-6)


def test_the_loss_is_the_mean_log_loss_of_the_labels(head, rows):
    logits, y = rows
    losses = [log_loss(y[:, i], logits[:, i].double().sigmoid()) for i in range(3)]
    assert head.measure(logits, y)["loss"] == pytest.approx(sum(losses) / 3, abs=1e-6)


def test_each_label_has_the_threshold_that_serves_it_best(head, rows):
    logits, y = rows
    head.choose_thresholds("f1", logits, y)
    assert len(set(head.thresholds)) == 3
    for label in range(3):
        chosen = head.predictions(logits)[:, label]
        f1 = precision_recall_fscore_support(y[:, label], chosen, average="binary")[2]
        precision, recall, _ = precision_recall_curve(y[:, label], logits[:, label])
        others = 2 * precision * recall / (precision + recall).clip(min=1e-9)
        assert f1 == pytest.approx(others.max())


def test_a_threshold_that_is_no_rule_is_refused():
    MultilabelHead(MLP((6,), 3, [8]), SPEC, torch.optim.SGD, threshold="youden")
    with pytest.raises(ConfigError, match=r"head.threshold: should be a number between 0 and 1, f1, .* \(got 'best'\)"):
        MultilabelHead(MLP((6,), 3, [8]), SPEC, torch.optim.SGD, threshold="best")


def test_label_noise_flips_its_share_of_the_training_labels_alone():
    clean, noisy = (Multilabel(num_samples=1000, label_noise=noise, stratify=False).splits for noise in (0.0, 0.2))
    assert (clean.train.y != noisy.train.y).float().mean().item() == pytest.approx(0.2, abs=1e-3)
    assert torch.equal(clean.test.y, noisy.test.y)
