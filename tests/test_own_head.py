"""A head, a metric and a network that this project does not know train alone and as one stack, with equal results."""

import csv

import pytest

from tests.commands import run

OWN = '''
import torch
from torch import nn
from torchmetrics.classification import BinaryMatthewsCorrCoef

from src.heads.base import Head
from src.metrics.running import EachRun


class HingeHead(Head):
    """Two classes, one score, and the squared hinge loss of a support vector machine."""

    tasks = ("binary",)

    def __init__(self, *parts, margin=1.0, **more):
        super().__init__(*parts, **more)
        self.margin = margin

    @classmethod
    def num_outputs(cls, spec):
        return 1

    def logits(self, outputs):
        return outputs.squeeze(-1)

    def loss(self, logits, y):
        return (self.margin - (2 * y - 1) * logits).clamp(min=0).square().mean()

    def predictions(self, logits):
        return (logits > 0).long()

    def new_scores(self, num_runs=1, everywhere=True):
        return EachRun({"matthews": BinaryMatthewsCorrCoef(sync_on_compute=everywhere)}, num_runs)


class Residual(nn.Module):
    """A layer whose input is added to its output: no chain that a stack would know."""

    def __init__(self, input_shape, num_outputs, width=6):
        super().__init__()
        self.first, self.second = nn.Linear(input_shape[0], width), nn.Linear(width, width)
        self.last = nn.Linear(width, num_outputs)

    def forward(self, x):
        x = torch.tanh(self.first(x))
        return self.last(x + torch.tanh(self.second(x)))
'''

HEAD = "_target_: own.HingeHead\nmargin: 0.5\n"
NETWORK = "_target_: own.Residual\nwidth: 5\n"
EXPERIMENT = ["data=moons", "data.num_samples=120", "trainer.max_epochs=4", "solved.at_least=null"]
PARTS = {"head": ["head=hinge"], "network": ["network=residual"], "both": ["head=hinge", "network=residual"]}


@pytest.mark.parametrize("parts", PARTS.values(), ids=PARTS)
def test_own_parts_come_to_the_same_alone_and_in_a_stack_of_eight(parts, tmp_path):
    (tmp_path / "own.py").write_text(OWN)
    for name, text in (("head/hinge", HEAD), ("network/residual", NETWORK)):
        path = tmp_path / "conf" / f"{name}.yaml"
        path.parent.mkdir(parents=True)
        path.write_text(text)
    words = ["--config-dir", "conf", *EXPERIMENT, *parts, "trust=own"]
    sweep = ["src.train", "-m", *words, "seed=range(0,8)", "hydra/launcher=vectorized", "hydra.sweep.dir=stack"]
    stack = run(sweep, tmp_path, PYTHONPATH=str(tmp_path))
    assert (stack.returncode, stack.stderr) == (0, "")
    assert "as one stack" in stack.stdout

    for seed in (0, 7):
        alone = run(
            ["src.train", *words, f"seed={seed}", f"hydra.run.dir=alone_{seed}"], tmp_path, PYTHONPATH=str(tmp_path)
        )
        assert alone.returncode == 0, alone.stderr
        assert_same(tmp_path / "stack" / str(seed), tmp_path / f"alone_{seed}")


def assert_same(one, other):
    with (one / "metrics.csv").open() as stacked, (other / "metrics.csv").open() as alone:
        rows, expected = list(csv.DictReader(stacked)), list(csv.DictReader(alone))
    assert len(rows) == len(expected) == 4
    assert {name for name in rows[0] if "/" in name}
    for row, right in zip(rows, expected, strict=True):
        assert row.keys() == right.keys()
        for name, cell in right.items():
            assert float(row[name]) == pytest.approx(float(cell), abs=1e-4), name
