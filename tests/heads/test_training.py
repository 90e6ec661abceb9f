"""The training loop: a step worked by hand, and blocks that change nothing but speed."""

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

OPTIMIZERS = {
    "sgd": lambda parameters: torch.optim.SGD(parameters, lr=0.1),
    "momentum": lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.9, weight_decay=0.01),
    "adam": lambda parameters: torch.optim.Adam(parameters, lr=0.01, fused=True),
    "adamw": lambda parameters: torch.optim.AdamW(parameters, lr=0.01),
    "nesterov": lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.9, nesterov=True),
    "rmsprop": lambda parameters: torch.optim.RMSprop(parameters, lr=0.01, momentum=0.5),
}
SCHEDULES = {
    "constant": None,
    "step": Scheduling(lambda optimizer: torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)),
    "cosine": Scheduling(lambda optimizer: torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 12), "step"),
    "plateau": Scheduling(
        lambda optimizer: torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, threshold=0.5),
        monitor="val/loss",
    ),
}


def fit(head, datamodule, steps, epochs=3, **settings):
    """Train in blocks of `steps` and return the Trainer."""
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
        **settings,
    )
    trainer.fit(head, datamodule=datamodule)
    return trainer


def xor(**settings):
    return XOR(num_train=100, num_val=20, num_test=20, batch_size=30, seed=3, **settings)


def mlp_head(datamodule, optimizer="sgd", schedule="constant"):
    torch.manual_seed(0)
    return BinaryHead(MLP((2,), 1, [4], "tanh"), datamodule.spec, OPTIMIZERS[optimizer], SCHEDULES[schedule])


def weights(head):
    return torch.nn.utils.parameters_to_vector(head.parameters()).detach()


@pytest.mark.parametrize("steps", [1, 4])
def test_one_step_equals_the_step_worked_by_hand(steps):
    datamodule = XOR(num_train=50, num_val=20, num_test=20, batch_size=None, seed=1)
    torch.manual_seed(0)
    head = BinaryHead(Perceptron((2,), 1), datamodule.spec, OPTIMIZERS["sgd"])
    weight = head.network[0].weight.detach().numpy().astype(np.float64).copy()
    bias = head.network[0].bias.detach().numpy().astype(np.float64).copy()
    x, y = (part.numpy().astype(np.float64) for part in datamodule.splits.train)
    error = 1 / (1 + np.exp(-(x @ weight[0] + bias))) - y  # derivative of cross-entropy by the logit

    fit(head, datamodule, steps, epochs=1)

    expected = np.append(weight - 0.1 * error @ x / len(x), bias - 0.1 * error.mean())
    assert weights(head).numpy() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_blocks_give_the_weights_and_the_optimizer_of_single_steps_to_the_last_bit(optimizer, schedule):
    results = []
    for steps in (1, 3, 4):
        datamodule = xor()
        head = mlp_head(datamodule, optimizer, schedule)
        trainer = fit(head, datamodule, steps)
        assert trainer.global_step == 3 * 4
        (used,) = trainer.optimizers
        results.append((weights(head), used.state_dict()["state"], used.param_groups[0]["lr"]))
    for vector, state, rate in results[1:]:
        assert torch.equal(vector, results[0][0])
        torch.testing.assert_close(state, results[0][1], rtol=0, atol=0)
        assert rate == pytest.approx(results[0][2])


def test_blocks_in_mixed_precision_give_the_weights_of_single_steps():
    results = {}
    for precision in ("32-true", "bf16-mixed"):
        for steps in (1, 3, 4):
            datamodule = xor()
            head = mlp_head(datamodule, "adam")
            trainer = fit(head, datamodule, steps, precision=precision)
            assert trainer.global_step == 3 * 4
            results[precision, steps] = weights(head)
    for steps in (3, 4):
        assert torch.allclose(results["bf16-mixed", steps], results["bf16-mixed", 1], atol=1e-6)
    assert not torch.allclose(results["bf16-mixed", 1], results["32-true", 1], atol=1e-4)


@pytest.mark.parametrize("steps", [1, 4])
def test_logged_metrics_are_the_means_over_the_epoch(steps):
    datamodule = xor()
    head = mlp_head(datamodule)
    head.make_optimizer = lambda parameters: torch.optim.SGD(parameters, lr=0.0)  # weights stay, so means are known
    metrics = fit(head, datamodule, steps, epochs=1).callback_metrics
    for split in ("train", "val"):
        expected = head.evaluate(datamodule.whole(split))
        for name in head.score_names:
            assert metrics[f"{split}/{name}"].item() == pytest.approx(expected[name], abs=1e-6)


@pytest.mark.parametrize("steps", [1, 4])
def test_loss_that_is_not_finite_stops_at_its_step(steps):
    datamodule = xor()
    datamodule.splits.train.x[:] = torch.nan
    with pytest.raises(TrainingDivergedError, match="train/loss became nan in epoch 1, step 1; try a lower"):
        fit(mlp_head(datamodule), datamodule, steps)


def test_a_hook_on_the_optimizer_still_sees_each_step():
    seen = []
    datamodule = xor()
    head = mlp_head(datamodule)

    def hooked(parameters):
        optimizer = OPTIMIZERS["sgd"](parameters)
        optimizer.register_step_post_hook(lambda *_: seen.append(1))
        return optimizer

    head.make_optimizer = hooked
    fit(head, datamodule, steps=4, epochs=2)
    assert len(seen) == 8


def test_a_hook_on_a_layer_still_sees_each_step():
    seen, datamodules = [], (xor(), xor())
    heads = [mlp_head(datamodule) for datamodule in datamodules]
    heads[1].network[0].register_forward_hook(lambda *_: seen.append(1))
    for head, datamodule in zip(heads, datamodules, strict=True):
        fit(head, datamodule, steps=4, epochs=2)
    assert len(seen) == 2 * (4 + 1)  # an epoch has four steps and a validation
    assert torch.equal(weights(heads[0]), weights(heads[1]))


def test_a_head_that_computes_outputs_in_its_own_way_does_so_at_each_step():
    class Doubled(BinaryHead):
        def run_network(self, x, voices=None):
            return 2 * super().run_network(x, voices)

    datamodule = xor()
    plain, own = (mlp_head(datamodule).network for _ in range(2))
    with torch.no_grad():
        for parameter in plain[-1].parameters():
            parameter.mul_(2)
    still = lambda parameters: torch.optim.SGD(parameters, lr=0.0)  # noqa: E731  # so that all losses are comparable
    heads = BinaryHead(plain, datamodule.spec, still), Doubled(own, datamodule.spec, still)
    losses = [fit(head, xor(), steps=4, epochs=1).callback_metrics["train/loss"].item() for head in heads]
    assert losses[0] == pytest.approx(losses[1], abs=1e-6)
