"""The stacked optimizers against torch.optim's, run by run."""

import pytest
import torch

from src.stacking.optimizers import STACKED, hyperparams_of

CASES = {
    "sgd": ("SGD", [{"lr": 0.1}, {"lr": 0.01}, {"lr": 0.5}]),
    "decay": ("SGD", [{"lr": 0.1, "weight_decay": 0.1}, {"lr": 0.1}, {"lr": 0.2, "weight_decay": 0.01}]),
    "momentum": ("SGD", [{"lr": 0.1, "momentum": 0.9}, {"lr": 0.1, "momentum": 0.0}, {"lr": 0.1, "momentum": 0.5}]),
    "nesterov": (
        "SGD",
        [{"lr": lr, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01} for lr in (0.1, 0.05, 0.01)],
    ),
    "adam": ("Adam", [{"lr": 0.1}, {"lr": 0.01, "betas": (0.5, 0.9)}, {"lr": 0.1, "weight_decay": 0.1}]),
    "adamw": ("AdamW", [{"lr": 0.1}, {"lr": 0.01, "betas": (0.5, 0.9)}, {"lr": 0.1, "weight_decay": 0.1}]),
}


def stacked(name, settings, values):
    groups = [getattr(torch.optim, name)([torch.zeros(1)], **each).param_groups[0] for each in settings]
    kind = STACKED[f"torch.optim.{name}"]
    hyperparams = {
        key: torch.tensor([hyperparams_of(group)[key] for group in groups], dtype=torch.float64)
        for key in kind.hyperparam_names
    }
    return kind(values, hyperparams, nesterov=groups[0].get("nesterov", False))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("by_rows", [False, True])
def test_fifty_steps_end_where_torch_optim_ends(case, by_rows):
    name, settings = CASES[case]
    generator = torch.Generator().manual_seed(0)
    start = torch.randn(3, 5, generator=generator)
    gradients = torch.randn(50, 3, 5, generator=generator)
    optimizer = stacked(name, settings, start.clone())
    rows = [slice(0, 2), slice(2, 3)] if by_rows else [slice(None)]
    for part in rows:
        step = optimizer.stepper(part, {})
        for gradient in gradients[:30]:
            step(gradient[part])
    optimizer.steps_done += 30
    step = optimizer.stepper(slice(None), {})
    for gradient in gradients[30:]:
        step(gradient)
    optimizer.steps_done += 20
    for i, each in enumerate(settings):
        parameter = torch.nn.Parameter(start[i].clone())
        reference = getattr(torch.optim, name)([parameter], **each)
        for gradient in gradients[:, i]:
            parameter.grad = gradient.clone()
            reference.step()
        torch.testing.assert_close(optimizer.params[i], parameter.detach(), rtol=1e-5, atol=1e-6)
        known = reference.state_dict()["state"].get(0, {})
        hyperparams = hyperparams_of(reference.param_groups[0])
        ours = optimizer.torch_state({name: value[i] for name, value in optimizer.state.items()}, hyperparams, 50)
        assert ours.keys() == {key for key, value in known.items() if value is not None}
        for key, value in ours.items():
            torch.testing.assert_close(value, known[key], rtol=1e-5, atol=1e-6)


def test_the_rates_of_coming_steps_replace_the_hyperparameters():
    values = torch.ones(2, 1)
    optimizer = stacked("SGD", [{"lr": 0.1}, {"lr": 0.1}], values)
    step = optimizer.stepper(slice(None), {"lr": torch.tensor([[0.5, 0.25], [0.125, 0.0]], dtype=torch.float64)})
    step(torch.ones(2, 1))
    assert values.tolist() == [[0.5], [0.75]]
    step(torch.ones(2, 1))
    assert values.tolist() == [[0.375], [0.75]]


def test_selected_runs_go_on_as_they_would_have():
    gradients = torch.randn(20, 3, 4, generator=torch.Generator().manual_seed(1))
    settings = [{"lr": 0.1}, {"lr": 0.2}, {"lr": 0.3}]
    whole, selected = (stacked("Adam", settings, torch.ones(3, 4)) for _ in range(2))
    for optimizer, rows in ((whole, [0, 1, 2]), (selected, [0, 2])):
        step = optimizer.stepper(slice(None), {})
        for gradient in gradients[:10]:
            step(gradient)
        optimizer.steps_done = 10
        optimizer.select(torch.tensor(rows))
        step = optimizer.stepper(slice(None), {})
        for gradient in gradients[10:]:
            step(gradient[rows])
    assert torch.equal(whole.params[[0, 2]], selected.params)
