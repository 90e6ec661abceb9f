"""Networks: their sizes in closed form, and the weighted sum that linear ones compute."""

import pytest
import torch
from torch import nn

from src.networks.affine import affine_map
from src.networks.members import Members
from src.networks.mlp import MLP
from src.networks.perceptron import Perceptron


def test_parameters_are_those_of_the_layers():
    network = MLP((28, 28), 10, [256, 128, 64], "relu")
    expected = 784 * 256 + 256 + 256 * 128 + 128 + 128 * 64 + 64 + 64 * 10 + 10
    assert sum(p.numel() for p in network.parameters()) == expected
    assert network(torch.zeros(3, 28, 28)).shape == (3, 10)


def test_perceptron_is_one_linear_layer():
    network = Perceptron((2,), 1)
    x = torch.randn(5, 2)
    assert torch.equal(network(x), nn.functional.linear(x, network[0].weight, network[0].bias))


@pytest.mark.parametrize(("dropout", "batch_norm", "kinds"), [(0.25, True, 5), (0.0, False, 3)])
def test_options_add_their_layers(dropout, batch_norm, kinds):
    network = MLP((2,), 1, [4], "tanh", dropout=dropout, batch_norm=batch_norm)
    assert len(network) == kinds
    assert any(isinstance(layer, nn.Tanh) for layer in network)


@pytest.mark.parametrize("hidden_dims", [[], [10], [10, 7]])
def test_affine_map_of_linear_layers_gives_the_outputs(hidden_dims):
    network = MLP((3,), 2, hidden_dims, "identity")
    weight, bias = affine_map(network, 3)
    x = torch.randn(20, 3)
    assert torch.allclose(x @ weight.T + bias, network(x), atol=1e-5)


def test_network_with_an_activation_has_no_affine_map():
    assert affine_map(MLP((2,), 1, [4], "relu"), 2) is None


class Squares(nn.Module):
    """A layer, and what no list of layers tells."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(2, 1)

    def forward(self, x):
        return self.linear(x * x)


def test_network_that_is_no_sequence_has_no_affine_map():
    assert affine_map(Squares(), 2) is None
    assert affine_map(nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.Linear(3, 1))), 2) is not None


def test_members_that_are_asked_for_some_rows_compute_those_alone():
    members, x = Members([MLP((3,), 2, [4]) for _ in range(3)]), torch.randn(7, 3, 3)
    voices = torch.tensor([[True, False, True], [False, False, False], [True, True, True]]).repeat(3, 1)[:7]
    seen = []
    members.networks[1].register_forward_pre_hook(lambda _, given: seen.append(len(given[0])))
    asked = members(x, voices)
    assert seen == [int(voices[:, 1].sum())]
    assert torch.allclose(asked[voices.T], members(x)[voices.T])
    assert not asked[~voices.T].any()
