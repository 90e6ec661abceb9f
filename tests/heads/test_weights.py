"""Weights of rows: a row of weight 2 counts as if repeated, one of weight 0 as if absent."""

import copy

import pytest
import torch
import torch.nn.functional as F

from src.data.blocks import BatchLoader, BlockLoader
from src.heads.binary import BinaryHead
from src.heads.multiclass import MulticlassHead
from src.heads.multilabel import MultilabelHead
from src.heads.regression import RegressionHead
from src.spec import DataSpec, WeightedBatch, as_block
from tests.heads.test_training import fit, mlp_head, weights, xor

COUNTS = torch.tensor([2, 1, 0, 3, 1, 1, 0, 4])
WEIGHTS = COUNTS / COUNTS.float().mean()


def spec_of(task, num_classes):
    return DataSpec(task, (3,), tuple("abc")[:num_classes], (1,) * num_classes)


@pytest.mark.parametrize(
    ("kind", "task", "settings"),
    [
        (BinaryHead, "binary", {}),
        (BinaryHead, "binary", {"loss": "bce"}),
        (BinaryHead, "binary", {"class_weights": [1.0, 3.0]}),
        (MulticlassHead, "multiclass", {}),
        (MulticlassHead, "multiclass", {"label_smoothing": 0.2}),
        (MultilabelHead, "multilabel", {}),
        (RegressionHead, "regression", {}),
        (RegressionHead, "regression", {"loss": "huber"}),
    ],
)
def test_a_weight_is_how_often_a_row_stands_there(kind, task, settings):
    generator = torch.Generator().manual_seed(0)
    num_classes = {"binary": 2, "regression": 0}.get(task, 3)
    spec = spec_of(task, num_classes)
    head = kind(torch.nn.Linear(3, kind.num_outputs(spec)), spec, torch.optim.SGD, **settings)
    x = torch.randn(8, 3, generator=generator)
    y = torch.randint(0, max(2, num_classes), (8, 3) if task == "multilabel" else (8,), generator=generator)
    y = y.clamp(max=1) if task == "multilabel" else y.float() if task == "regression" else y
    weighted = head.weighted_loss(head(x), y, WEIGHTS)
    often = torch.arange(8).repeat_interleave(COUNTS)
    repeated = head.loss(head(x[often]), y[often])
    if "class_weights" in settings:  # whose mean over the rows is another where rows stand there more often
        of_class = torch.tensor(settings["class_weights"])
        repeated = repeated * of_class[y[often]].mean() / of_class[y].mean()
    assert weighted.item() == pytest.approx(repeated.item(), rel=1e-6)


def test_loaders_serve_each_row_with_its_weight():
    x, often = torch.arange(10.0).unsqueeze(1), torch.arange(10.0) / 4.5
    loader = BlockLoader(x, torch.arange(10), 4, block_size=2, shuffle=True, weights=often, scale=lambda x: x + 1)
    batches = [batch for block in loader for batch in block]
    assert [len(batch.y) for batch in batches] == [4, 4, 2]
    for batch in batches:
        assert torch.equal(batch.weights, often[batch.y])
        assert torch.equal(batch.x.squeeze(1), batch.y + 1.0)
    assert [type(batch) for batch in BatchLoader(loader)] == [WeightedBatch] * 3
    assert as_block(batches[0]) == [batches[0]]


@pytest.mark.parametrize("steps", [1, 4])
def test_steps_follow_the_weighted_loss(steps):
    datamodule = xor()
    datamodule.weights = torch.rand(100, generator=torch.Generator().manual_seed(1)) * 2
    head = mlp_head(datamodule)
    by_hand = copy.deepcopy(head)
    fit(head, datamodule, steps, epochs=1)
    x, y = datamodule.splits.train
    optimizer = torch.optim.SGD(by_hand.parameters(), lr=0.1)
    for rows in BlockLoader.order(3, 0, 100).split(30):
        optimizer.zero_grad()
        each = F.binary_cross_entropy_with_logits(by_hand(x[rows]), y[rows].float(), reduction="none")
        (each * datamodule.weights[rows]).mean().backward()
        optimizer.step()
    assert torch.allclose(weights(head), weights(by_hand), atol=1e-6)
    assert not torch.allclose(weights(head), weights(mlp_head(datamodule)), atol=1e-3)
