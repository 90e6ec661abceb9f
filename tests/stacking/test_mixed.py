"""Networks of several architectures as one: outputs, gradients and padding."""

import pytest
import torch
from torch import nn

from src.networks.mlp import MLP
from src.stacking.clipping import clipping
from src.stacking.dropout import Masks
from src.stacking.mixed import MixedNetwork, joined
from src.stacking.network import StackedNetwork
from src.stacking.optimizers import StackedAdamW

SHAPES = [([5], "tanh"), ([3], "sigmoid"), ([4], "sigmoid"), ([2, 6], "tanh"), ([6, 1], "gelu"), ([3, 3, 3], "relu")]


def networks_of(**more):
    torch.manual_seed(0)
    return [MLP((2,), 3, hidden, activation=name, **more) for hidden, name in SHAPES]


def rows_of(mixed, networks):
    vectors = [nn.utils.parameters_to_vector(each.parameters()).detach() for each in networks]
    return torch.stack([mixed.row_of(*each) for each in zip(networks, vectors, strict=True)])


def test_outputs_and_gradients_are_each_networks_own():
    networks = networks_of()
    mixed, x = joined(networks), torch.randn(len(networks), 7, 2)
    assert mixed.num_architectures == len(networks)
    rows = rows_of(mixed, networks)
    leaves = mixed.leaves(rows)
    outputs = mixed(leaves, x)
    gradients = torch.autograd.grad(outputs.square().sum(), leaves)
    gradient = torch.cat([each.flatten(1) for each in gradients], dim=1) * mixed.mask
    for run, network in enumerate(networks):
        own = network(x[run])
        torch.testing.assert_close(outputs[run], own, rtol=1e-4, atol=1e-6)
        own.square().sum().backward()
        found = mixed.pieces_of(network, gradient[run])
        for ours, parameter in zip(found, network.parameters(), strict=True):
            torch.testing.assert_close(ours, parameter.grad, rtol=1e-4, atol=1e-5)
        for ours, parameter in zip(mixed.pieces_of(network, rows[run]), network.parameters(), strict=True):
            assert torch.equal(ours, parameter)


@pytest.mark.parametrize("chosen", [[0, 1], [1, 4], [5], [0, 2, 3, 5]])
def test_some_of_the_runs_are_computed_as_before(chosen):
    networks = networks_of()
    mixed, x = joined(networks), torch.randn(len(networks), 7, 2)
    rows = rows_of(mixed, networks)
    whole = mixed(mixed.pieces(rows), x)
    some = torch.tensor(chosen)
    selected = mixed.select(some)
    torch.testing.assert_close(selected(selected.pieces(rows[some]), x[some]), whole[some])
    assert torch.equal(selected.mask, mixed.mask[some])
    part = slice(chosen[0], chosen[-1] + 1)
    torch.testing.assert_close(mixed.of(part)(mixed.pieces(rows[part]), x[part]), whole[part])


def test_padding_stays_exactly_zero_in_training():
    networks = networks_of()
    mixed, x = joined(networks), torch.randn(len(networks), 7, 2)
    names = {"lr": 0.1, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.1}
    hyperparams = {name: torch.full((len(networks),), value, dtype=torch.float64) for name, value in names.items()}
    optimizer = StackedAdamW(rows_of(mixed, networks), hyperparams)
    for _ in range(5):
        leaves = mixed.leaves(optimizer.params)
        gradients = torch.autograd.grad(mixed(leaves, x).square().sum(), leaves)
        gradient = torch.cat([each.flatten(1) for each in gradients], dim=1) * mixed.mask
        optimizer.stepper(slice(len(networks)), {})(gradient)
        optimizer.steps_done += 1
    assert optimizer.params[mixed.mask == 0].eq(0).all()
    assert optimizer.params[mixed.mask == 1].ne(0).all()


def test_dropout_drops_the_units_that_a_network_alone_drops():
    networks = networks_of(dropout=0.5)
    mixed, x = joined(networks), torch.randn(len(networks), 7, 2)
    states, alone = [], []
    for run, network in enumerate(networks):
        torch.manual_seed(run)
        states.append(torch.get_rng_state())
        alone.append(network(x[run]))
    draw = Masks(torch.stack(states)).drawer(slice(len(networks)))
    outputs = mixed(mixed.pieces(rows_of(mixed, networks)), x, draw)
    torch.testing.assert_close(outputs, torch.stack(alone), rtol=1e-4, atol=1e-6)


def test_equal_networks_are_not_padded():
    (network, *_) = networks_of()
    assert type(joined([network, network])) is StackedNetwork
    assert type(joined(networks_of()[:2])) is MixedNetwork


@pytest.mark.parametrize(
    ("settings", "clip"),
    [
        ({"gradient_clip_val": 0.5}, lambda parameter: nn.utils.clip_grad_norm_(parameter, 0.5)),
        (
            {"gradient_clip_val": 0.5, "gradient_clip_algorithm": "value"},
            lambda parameter: nn.utils.clip_grad_value_(parameter, 0.5),
        ),
    ],
)
def test_gradients_are_clipped_like_those_of_each_run_alone(settings, clip):
    gradients = torch.randn(4, 6) * torch.tensor([[0.01], [0.3], [1.0], [100.0]])
    clipped = clipping(settings)(gradients.clone())
    for ours, gradient in zip(clipped, gradients, strict=True):
        parameter = nn.Parameter(torch.zeros(6))
        parameter.grad = gradient.clone()
        clip(parameter)
        torch.testing.assert_close(ours, parameter.grad)
