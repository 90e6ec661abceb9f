"""Stacked forward and backward passes against each network's own."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import nn

from src.networks.cnn import CNN
from src.networks.mlp import MLP
from src.networks.tabular import TabularMLP
from src.stacking.dropout import no_dropout
from src.stacking.network import StackedNetwork, as_row, cannot_stack, named


def _told_apart(network):
    """A network with a last layer that does not start at zero, so that all parameters have gradients."""
    nn.init.normal_(network[-1].weight)
    return network


ACTIVATIONS = ["identity", "relu", "leaky_relu", "elu", "gelu", "silu", "tanh", "sigmoid"]
KINDS = {name: ((3,), lambda name=name: MLP((3,), 2, [5, 4], activation=name)) for name in ACTIVATIONS} | {
    "no hidden layer": ((3,), lambda: MLP((3,), 1, [])),
    "one output": ((3,), lambda: MLP((3,), 1, [5, 4])),
    "tabular": ((3,), lambda: _told_apart(TabularMLP((3,), 2, [5, 4], dropout=0.0))),
    "derived": ((2,), lambda: MLP((2,), 2, [5, 4], inputs=["x1_squared", "x2", "x1_times_x2", "sin_x2"])),
    "flattened": ((2, 3), lambda: MLP((2, 3), 2, [4])),
    "convolution": ((1, 6, 6), lambda: nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(48, 2))),
    "small images": ((1, 8, 8), lambda: CNN((1, 8, 8), 3, [4, 6], depth=2).eval()),
    "layer norm": ((3,), lambda: nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4), nn.Linear(4, 2))),
}


@pytest.mark.parametrize("kind", KINDS)
def test_outputs_and_gradients_are_each_networks_own(kind):
    shape, make = KINDS[kind]
    torch.manual_seed(0)
    networks = [make() for _ in range(3)]
    x = torch.randn(3, 7, *shape)
    stacked = StackedNetwork(make())
    assert cannot_stack(stacked.network) is None
    values = torch.stack([as_row(network) for network in networks])
    leaves = stacked.leaves(values)
    outputs = stacked(leaves, x)
    gradients = torch.autograd.grad(outputs.square().sum(), [leaf for leaf in leaves if leaf.requires_grad])
    for i, network in enumerate(networks):
        own = network(x[i])
        torch.testing.assert_close(outputs[i], own, rtol=1e-4, atol=1e-6)
        own.square().sum().backward()
        for gradient, parameter in zip(gradients, network.parameters(), strict=True):
            torch.testing.assert_close(gradient[i], parameter.grad, rtol=1e-4, atol=1e-5)


def test_batch_norm_keeps_each_networks_own_statistics():
    torch.manual_seed(0)
    networks = [MLP((3,), 2, [5, 4], batch_norm=True) for _ in range(3)]
    stacked = StackedNetwork(networks[0])
    values = torch.stack([as_row(network) for network in networks])
    for _ in range(3):
        x = torch.randn(3, 7, 3)
        leaves = stacked.leaves(values)
        outputs = stacked(leaves, x, no_dropout)
        trained = [leaf for leaf in leaves if leaf.requires_grad]
        gradients = torch.autograd.grad(outputs.square().sum(), trained)
        for i, network in enumerate(networks):
            own = network(x[i])
            torch.testing.assert_close(outputs[i], own, rtol=1e-4, atol=1e-5)
            expected = torch.autograd.grad(own.square().sum(), list(network.parameters()))
            for gradient, theirs in zip(gradients, expected, strict=True):
                torch.testing.assert_close(gradient[i], theirs, rtol=1e-4, atol=1e-5)
    for row, network in zip(values, networks, strict=True):
        for name, ours in named(network, stacked, row).items():
            torch.testing.assert_close(ours, network.state_dict()[name])
    evaluated = stacked(stacked.pieces(values), x)
    for ours, network, own in zip(evaluated, networks, x, strict=True):
        torch.testing.assert_close(ours, network.eval()(own), rtol=1e-4, atol=1e-5)


def test_steps_on_the_rows_are_seen_by_the_leaves():
    stacked = StackedNetwork(MLP((3,), 1, []))
    values = torch.zeros(2, 4)
    leaves = stacked.leaves(values)
    values.add_(1.0)
    assert torch.equal(stacked(leaves, torch.ones(2, 1, 3)), torch.full((2, 1, 1), 4.0))


@pytest.mark.parametrize(
    ("network", "reason"),
    [
        (
            nn.Sequential(nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)), nn.Linear(4, 1)),
            "BatchNorm1d outside a plain chain of layers keeps statistics of each network's batches",
        ),
        (nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4, momentum=None)), "BatchNorm1d outside a plain chain"),
        (
            nn.Sequential(nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.1)), nn.Linear(4, 1)),
            "dropout outside a plain chain of layers draws from each run's own random numbers",
        ),
        (nn.Sequential(nn.Linear(3, 4), nn.AlphaDropout(0.1)), "dropout outside a plain chain of layers"),
        (CNN((1, 8, 8), 2, [4], mirror=True), "BatchNorm2d outside a plain chain"),
        (CNN((1, 8, 8), 2, [4], whiten=True), "WhitenedPatches outside a plain chain"),
        (nn.LSTM(3, 4), "LSTM has no vectorized form"),
    ],
)
def test_what_cannot_be_stacked_says_why(network, reason):
    assert str(cannot_stack(network)).startswith(reason)


@pytest.mark.parametrize("kind", ["tabular", "layer norm"])
def test_threads_that_take_different_runs_do_not_disturb_each_other(kind):
    shape, make = KINDS[kind]
    torch.manual_seed(0)
    stacked = StackedNetwork(make())
    values = torch.stack([as_row(make()) for _ in range(4)])
    x = torch.randn(4, 7, *shape)

    def gradients(run):
        leaves = stacked.leaves(values[run : run + 1])
        return torch.autograd.grad(stacked(leaves, x[run : run + 1]).square().sum(), leaves)

    expected = [gradients(run) for run in range(4)]
    with ThreadPoolExecutor(4) as threads:
        for number, found in enumerate(threads.map(gradients, [0, 1, 2, 3] * 25)):
            for ours, theirs in zip(found, expected[number % 4], strict=True):
                torch.testing.assert_close(ours, theirs)


def test_a_chain_that_begins_by_flattening_is_the_network_itself():
    networks = [
        nn.Sequential(nn.Flatten(), nn.Linear(12, 4), nn.ReLU(), nn.Dropout(0.5), nn.Linear(4, 2)).eval()
        for _ in range(3)
    ]
    stacked = StackedNetwork(networks[0])
    assert cannot_stack(networks[0]) is None
    x = torch.rand(3, 5, 1, 3, 4)
    outputs = stacked(stacked.pieces(torch.stack([as_row(network) for network in networks])), x)
    for each, network, rows in zip(outputs, networks, x, strict=True):
        torch.testing.assert_close(each, network(rows))
