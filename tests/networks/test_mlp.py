"""The multilayer perceptron: parameter counts, layers by hand, and the values that it refuses."""

import pytest
import torch
from pydantic import ValidationError
from torch import nn

from src.networks.affine import affine_map
from src.networks.mlp import MLP
from src.networks.perceptron import Perceptron

ACTIVATIONS = {
    "identity": lambda x: x,
    "relu": lambda x: x.clamp(min=0),
    "leaky_relu": lambda x: torch.where(x > 0, x, 0.01 * x),
    "elu": lambda x: torch.where(x > 0, x, x.exp() - 1),
    "gelu": lambda x: x * 0.5 * (1 + torch.erf(x / 2**0.5)),
    "silu": lambda x: x / (1 + (-x).exp()),
    "tanh": lambda x: (x.exp() - (-x).exp()) / (x.exp() + (-x).exp()),
    "sigmoid": lambda x: 1 / (1 + (-x).exp()),
}


def num_parameters(network):
    return sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize(("units", "layers"), [(4, 1), (16, 2), (7, 5)])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_parameters_follow_the_closed_form(units, layers, batch_norm):
    network = MLP((3,), 2, [units] * layers, batch_norm=batch_norm)
    expected = (3 + 1) * units + (layers - 1) * (units + 1) * units + (units + 1) * 2
    assert num_parameters(network) == expected + batch_norm * layers * 2 * units


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_outputs_are_those_of_the_formula(activation):
    network = MLP((2,), 3, [5], activation)
    first, last = (layer for layer in network if isinstance(layer, nn.Linear))
    x = torch.randn(20, 2)
    hidden = ACTIVATIONS[activation](x @ first.weight.T + first.bias)
    assert torch.allclose(network(x), hidden @ last.weight.T + last.bias, atol=1e-5)


def test_a_slice_of_the_layers_is_a_network():
    network = MLP((2,), 3, [5, 4])
    x = torch.randn(20, 2)
    assert network[:-1](x).shape == (20, 4)
    assert torch.equal(network[-1](network[:-1](x)), network(x))
    assert Perceptron((2,), 3)[:-1](x) is x


@pytest.mark.parametrize("shape", [(2,), (8, 8), (3, 4, 5)])
@pytest.mark.parametrize("kind", [Perceptron, lambda *sizes: MLP(*sizes, [6])])
def test_rows_of_any_shape_give_an_output_each(shape, kind):
    assert kind(shape, 4)(torch.randn(7, *shape)).shape == (7, 4)


def test_perceptron_has_a_weight_for_each_input_and_a_bias_for_each_output():
    assert num_parameters(Perceptron((28, 28), 10)) == 784 * 10 + 10


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_dropout_silences_its_share_in_training_and_nothing_in_evaluation(dropout):
    network = MLP((1,), 1, [10000], "identity", dropout=dropout)
    hidden = nn.Sequential(*list(network)[:-1])
    x = torch.ones(1, 1)
    assert (hidden(x) == 0).float().mean().item() == pytest.approx(dropout, abs=0.03)
    hidden.eval()
    assert not (hidden(x) == 0).any()


def test_affine_map_passes_over_dropout_and_flattens():
    network = MLP((2, 3), 2, [5, 4], "identity", dropout=0.5).eval()
    weight, bias = affine_map(network, 6)
    x = torch.randn(20, 2, 3)
    assert torch.allclose(x.flatten(1) @ weight.T + bias, network(x), atol=1e-5)


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS.keys() - {"identity"}))
def test_networks_that_bend_have_no_affine_map(activation):
    assert affine_map(MLP((2,), 1, [], activation), 2) is not None
    assert affine_map(MLP((2,), 1, [3], activation), 2) is None


def test_network_with_batch_norm_claims_no_affine_map():
    assert affine_map(MLP((2,), 1, [3], "identity", batch_norm=True), 2) is None


@pytest.mark.parametrize(
    "bad", [{"hidden_dims": [0]}, {"activation": "relux"}, {"dropout": 1.0}, {"num_outputs": 0}, {"input_shape": (0,)}]
)
def test_values_outside_their_range_are_refused_by_name(bad):
    good = {"input_shape": (2,), "num_outputs": 1, "hidden_dims": [4]}
    MLP(**good)
    with pytest.raises(ValidationError, match=next(iter(bad))):
        MLP(**{**good, **bad})
