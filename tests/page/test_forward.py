"""The page's forward pass is PyTorch's, for every plain layer."""

import pytest
import torch
from torch import nn

from src.networks.mlp import MLP, Activation
from src.networks.perceptron import Perceptron
from src.networks.tabular import TabularMLP
from src.settings.rules import Input

pytestmark = pytest.mark.browser

ROWS = 70  # more than one block, and not a multiple of it


def mixed(network):
    """The network with numbers in all places, and means and variances that training has moved."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for value in network.parameters():
            value.copy_(torch.randn(value.shape, generator=generator) * 0.6)
    network.train()
    for _ in range(3):
        network(torch.randn(40, 2, generator=generator) * 2 + 1)
    return network.eval()


NETWORKS = {
    **{name: lambda name=name: MLP((2,), 3, [5, 4], name) for name in Activation.__args__},
    "batch norm and dropout": lambda: MLP((2,), 1, [6], "relu", dropout=0.5, batch_norm=True),
    "derived inputs": lambda: MLP((2,), 3, [5], "tanh", inputs=list(Input.__args__)),
    "perceptron of derived inputs": lambda: Perceptron((2,), 1, ["x1_times_x2", "x2"]),
    "perceptron": lambda: MLP((2,), 4, []),
    "tabular": lambda: TabularMLP((2,), 3, [7], embedding=2, frequencies=5),
    "tabular with a category": lambda: TabularMLP((2,), 3, [7], numbers=1),
    "without biases": lambda: nn.Sequential(nn.Linear(2, 4, bias=False), nn.ELU(0.7), nn.Linear(4, 1, bias=False)),
    "nested": lambda: nn.Sequential(nn.Sequential(nn.Linear(2, 3), nn.LeakyReLU(0.2)), nn.Linear(3, 2)),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_outputs_are_pytorchs(computed, name):
    torch.manual_seed(0)
    network = mixed(NETWORKS[name]())
    x = torch.randn(ROWS, 2) * 2
    with torch.no_grad():
        expected = network.double()(x.double())
        network.float()
    torch.testing.assert_close(computed(network, x), expected, rtol=1e-5, atol=2e-6)
