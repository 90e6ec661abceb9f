"""Heads and DataModules from plain Python: any DataLoader, any loop, any setting of the Trainer."""

import re
from pathlib import Path

import lightning.pytorch as pl
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from src.data.synthetic.xor import XOR
from src.heads.binary import BinaryHead
from tests.own_modules import Classifier

QUIET = {
    "accelerator": "cpu",
    "logger": False,
    "enable_checkpointing": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
}


def xor(**settings):
    return XOR(num_train=256, num_val=64, num_test=64, noise=0.1, batch_size=32, **settings)


def head(data):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    return BinaryHead(network, data.spec, lambda parameters: torch.optim.Adam(parameters, lr=0.05))


def trained(module, data, **settings):
    trainer = pl.Trainer(**{"max_epochs": 2, **QUIET, **settings})
    trainer.fit(module, data)
    return trainer


@pytest.mark.parametrize(
    "settings",
    [
        {"gradient_clip_val": 1.0},
        {"accumulate_grad_batches": 2},
        {"limit_val_batches": 0.5},
        {"overfit_batches": 0.5},
        {"val_check_interval": 0.5},
        {"num_sanity_val_steps": 2},
        {"precision": "bf16-true"},
        {"precision": "64-true"},
    ],
    ids=str,
)
def test_head_trains_from_a_script_with_settings_of_the_trainer(settings):
    data = xor()
    trainer = trained(head(data), data, **settings)
    assert trainer.global_step in (8, 16)
    assert torch.isfinite(trainer.callback_metrics["val/loss"])


def test_validate_and_test_return_what_plain_arithmetic_gives():
    data = xor()
    module = head(data)
    trainer = trained(module, data, max_epochs=10)
    module.eval()
    measures = {"val": trainer.validate, "test": trainer.test}
    for split, measure in measures.items():
        measured = measure(module, data, verbose=False)
        x, y = getattr(data.splits, split)
        with torch.no_grad():
            logits = module(x)
        assert measured[0][f"{split}/accuracy"] == pytest.approx(((logits >= 0).long() == y).float().mean().item())
        loss = nn.functional.binary_cross_entropy_with_logits(logits, y.float()).item()
        assert measured[0][f"{split}/loss"] == pytest.approx(loss, abs=1e-6)
    assert torch.equal(torch.cat(trainer.predict(module, data)), (logits >= 0).long())
    trainer = trained(module, data)  # also after an evaluation, which made tensors in inference mode
    assert trainer.global_step == 16


def test_ordinary_batches_are_the_minibatches_of_the_blocks():
    blocks, batches = xor().train_dataloader(), xor(blocks=False).train_dataloader()
    for [(x, y)], (other_x, other_y) in zip(blocks, batches, strict=True):
        assert torch.equal(x, other_x)
        assert torch.equal(y, other_y)
    first, second = ([y for _, y in batches] for _ in range(2))
    assert not torch.equal(torch.cat(first), torch.cat(second)), "each pass has an order of its own"
    assert torch.equal(torch.cat(first).sort()[0], torch.cat(second).sort()[0])


def test_an_ordinary_module_trains_on_our_rows():
    trainer = trained(Classifier(), xor(blocks=False), max_epochs=15)
    assert trainer.callback_metrics["val_accuracy"] > 0.9


def test_head_trains_on_any_data_loader():
    data = xor()
    loader = DataLoader(TensorDataset(*data.splits.train), batch_size=32)
    trainer = pl.Trainer(max_epochs=2, **QUIET)
    trainer.fit(head(data), loader, loader)
    assert trainer.global_step == 16
    assert "val/f1" in trainer.callback_metrics


def test_the_script_of_the_page_runs(capsys):
    page = (Path(__file__).parents[2] / "docs" / "add_your_own.md").read_text()
    (script,) = re.findall(r"```python\n(import lightning.*?)```", page, re.DOTALL)
    exec(compile(script, "add_your_own.md", "exec"), {})
    shown = capsys.readouterr().out
    assert "'test/accuracy': 1.0" in shown
    assert "torch.Size([32, 2]) torch.Size([32])" in shown
