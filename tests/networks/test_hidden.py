"""Hidden activations equal those computed by hand, and the network is left unchanged."""

import torch
from torch import nn

from src.networks.hidden import hidden_activations, outgoing_weights
from src.networks.mlp import MLP
from src.networks.perceptron import Perceptron

X = torch.randn(20, 2, generator=torch.Generator().manual_seed(0))


def test_activations_are_those_computed_by_hand():
    network = MLP((2,), 1, [3, 5], "tanh")
    first, second = hidden_activations(network, X)
    by_hand = torch.tanh(X @ network[0].weight.T + network[0].bias)
    assert torch.allclose(first, by_hand, atol=1e-6)
    assert torch.allclose(second, torch.tanh(by_hand @ network[2].weight.T + network[2].bias), atol=1e-6)


def test_gate_of_two_relu_units_is_written_down():
    network = MLP((2,), 1, [2], "relu")
    with torch.no_grad():
        network[0].weight.copy_(torch.tensor([[1.0, 1.0], [1.0, 1.0]]))
        network[0].bias.copy_(torch.tensor([0.0, -1.0]))
    corners = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    (hidden,) = hidden_activations(network, corners)
    assert hidden.tolist() == [[0, 0], [1, 0], [1, 0], [2, 1]]  # their difference h1 - 2 h2 is XOR


def test_what_enters_the_next_layer_has_passed_all_that_stands_between():
    network = MLP((2,), 3, [4], "relu", dropout=0.5, batch_norm=True).train()
    network(X)  # so that the running statistics are not those of the start
    state = torch.get_rng_state()
    (hidden,) = hidden_activations(network, X)
    assert network.training
    assert torch.equal(torch.get_rng_state(), state)
    linear, norm = network[0], network[1]
    normal = (linear(X) - norm.running_mean) / (norm.running_var + norm.eps).sqrt()
    assert torch.allclose(hidden, (normal * norm.weight + norm.bias).relu(), atol=1e-5)


def test_layers_need_not_be_in_a_sequence():
    class Twisted(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner, self.outer = nn.Linear(2, 3), nn.Linear(3, 1)

        def forward(self, x):
            return self.outer(torch.sin(self.inner(x)))

    network = Twisted()
    assert torch.allclose(hidden_activations(network, X)[0], torch.sin(network.inner(X)))


def test_perceptron_has_no_hidden_layer():
    network = Perceptron((2,), 1)
    assert hidden_activations(network, X) == outgoing_weights(network) == []


def test_outgoing_weights_turn_the_last_activations_into_outputs():
    network = MLP((2,), 3, [6, 4], "sigmoid")
    weights = outgoing_weights(network)
    assert [tuple(weight.shape) for weight in weights] == [(4, 6), (3, 4)]
    outputs = hidden_activations(network, X)[-1] @ weights[-1].T + network[-1].bias
    assert torch.allclose(outputs, network(X), atol=1e-6)


def test_no_hook_stays_behind():
    network = MLP((2,), 1, [3])
    hidden_activations(network, X)
    assert not any(layer._forward_pre_hooks for layer in network)
