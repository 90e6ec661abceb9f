"""The training loop compared with NumPy and plain PyTorch: momentum by hand, step sizes, and diverging losses."""

import lightning.pytorch as pl
import numpy as np
import pytest
import torch

from src.data.synthetic.xor import XOR
from src.errors import TrainingDivergedError
from src.heads.binary import BinaryHead
from src.heads.scheduling import Scheduling
from src.networks.mlp import MLP
from src.networks.perceptron import Perceptron


def fit(head, datamodule, steps, epochs):
    datamodule.steps_per_execution = steps
    head.automatic_optimization = steps == 1
    trainer = pl.Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    trainer.fit(head, datamodule=datamodule)
    return trainer


def xor(batch_size=30):
    return XOR(num_train=100, num_val=20, num_test=20, batch_size=batch_size, seed=3)


def vector(module):
    return torch.nn.utils.parameters_to_vector(module.parameters()).detach()


@pytest.mark.parametrize("steps", [1, 5])
def test_three_full_batch_steps_with_momentum_equal_those_in_numpy(steps):
    datamodule = xor(batch_size=None)
    head = BinaryHead(Perceptron((2,), 1), datamodule.spec, lambda p: torch.optim.SGD(p, lr=0.5, momentum=0.9))
    theta, velocity = vector(head).double().numpy(), np.zeros(3)
    x, y = (part.double().numpy() for part in datamodule.splits.train)
    rows = np.column_stack([x, np.ones(len(x))])
    for _ in range(3):
        gradient = rows.T @ (1 / (1 + np.exp(-rows @ theta)) - y) / len(y)
        velocity = 0.9 * velocity + gradient
        theta = theta - 0.5 * velocity
    fit(head, datamodule, steps, epochs=3)
    assert vector(head).numpy() == pytest.approx(theta, abs=1e-6)


@pytest.mark.parametrize("steps", [1, 3, 4])
@pytest.mark.parametrize("fused", [None, True])
def test_training_equals_a_plain_pytorch_loop_over_the_same_minibatches(steps, fused):
    datamodule = xor()
    torch.manual_seed(0)
    head = BinaryHead(MLP((2,), 1, [4], "tanh"), datamodule.spec, lambda p: torch.optim.Adam(p, lr=0.02, fused=fused))
    plain = MLP((2,), 1, [4], "tanh")
    plain.load_state_dict(head.network.state_dict())
    optimizer = torch.optim.Adam(plain.parameters(), lr=0.02)
    loader = datamodule.train_dataloader()
    for epoch in range(3):
        loader.set_epoch(epoch)
        for ((x, y),) in loader:
            optimizer.zero_grad()
            torch.nn.functional.binary_cross_entropy_with_logits(plain(x)[:, 0], y.float()).backward()
            optimizer.step()
    fit(head, datamodule, steps, epochs=3)
    assert torch.allclose(vector(head), vector(plain), atol=1e-5)


@pytest.mark.parametrize("steps", [1, 3, 4])
@pytest.mark.parametrize(("interval", "halvings"), [("epoch", 3), ("step", 12)])
def test_learning_rate_halves_with_each_epoch_or_each_optimizer_step(steps, interval, halvings):
    datamodule = xor()
    scheduling = Scheduling(lambda optimizer: torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.5), interval)
    head = BinaryHead(Perceptron((2,), 1), datamodule.spec, lambda p: torch.optim.SGD(p, lr=0.4), scheduling)
    trainer = fit(head, datamodule, steps, epochs=3)
    assert trainer.optimizers[0].param_groups[0]["lr"] == pytest.approx(0.4 * 0.5**halvings)


@pytest.mark.parametrize("steps", [1, 3, 4])
@pytest.mark.parametrize(("interval", "period"), [("epoch", 6), ("step", 24)])
def test_cosine_is_half_way_down_at_half_its_period(steps, interval, period):
    datamodule = xor()
    scheduling = Scheduling(lambda optimizer: torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, period), interval)
    head = BinaryHead(Perceptron((2,), 1), datamodule.spec, lambda p: torch.optim.SGD(p, lr=0.4), scheduling)
    trainer = fit(head, datamodule, steps, epochs=3)
    assert trainer.optimizers[0].param_groups[0]["lr"] == pytest.approx(0.2)


@pytest.mark.parametrize("steps", [1, 3, 4])
@pytest.mark.parametrize("bad_step", [1, 4, 7, 12])
def test_divergence_names_its_epoch_and_optimizer_step(monkeypatch, steps, bad_step):
    datamodule = xor()
    head = BinaryHead(Perceptron((2,), 1), datamodule.spec, lambda p: torch.optim.SGD(p, lr=0.1))
    healthy, count = head.loss, [0]

    def loss(logits, y):
        count[0] += head.training
        return healthy(logits, y) * (torch.inf if count[0] == bad_step else 1)

    monkeypatch.setattr(head, "loss", loss)
    where = f"train/loss became inf in epoch {(bad_step - 1) // 4 + 1}, step {bad_step};"
    with pytest.raises(TrainingDivergedError, match=where):
        fit(head, datamodule, steps, epochs=3)


@pytest.mark.parametrize("steps", [1, 4])
def test_early_stopping_sees_the_validation_loss_of_each_epoch(steps):
    datamodule = xor()
    head = BinaryHead(Perceptron((2,), 1), datamodule.spec, lambda p: torch.optim.SGD(p, lr=0.0))
    datamodule.steps_per_execution = steps
    head.automatic_optimization = steps == 1
    trainer = pl.Trainer(
        max_epochs=50,
        accelerator="cpu",
        callbacks=[pl.callbacks.EarlyStopping("val/loss", patience=3)],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    trainer.fit(head, datamodule=datamodule)
    assert trainer.current_epoch == 1 + 3
    assert trainer.global_step == 4 * 4
