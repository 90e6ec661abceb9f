"""A network of plain layers is told layer by layer; any other is refused by the name of its layer."""

import pytest
import torch
from torch import nn

from src.errors import ConfigError
from src.networks.layers import all_numbers, plain_layers
from src.networks.members import Members
from src.networks.mlp import MLP


def test_numbers_stand_in_the_order_of_the_layers():
    network = MLP((2,), 1, [3], "tanh")
    layers = plain_layers(network)
    assert [(layer.kind, layer.settings) for layer in layers] == [
        ("linear", {"inputs": 2, "outputs": 3}),
        ("tanh", {}),
        ("linear", {"inputs": 3, "outputs": 1}),
    ]
    expected = [network[0].weight, network[0].bias, network[2].weight, network[2].bias]
    assert torch.equal(all_numbers(layers), torch.cat([each.detach().flatten() for each in expected]))


class Doubled(nn.Module):
    def forward(self, x):
        return 2 * x


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (nn.Sequential(nn.Linear(2, 1), Doubled()), "and Doubled is not a known layer"),
        (nn.Sequential(nn.Linear(2, 3), nn.GELU("tanh"), nn.Linear(3, 1)), "and GELU is not a known layer"),
        (nn.Sequential(nn.BatchNorm1d(2, track_running_stats=False)), "and BatchNorm1d is not a known layer"),
        (
            Members([nn.Linear(2, 1), nn.Linear(2, 1)]),
            "only a single network can be shown (got the mean of network.members=2)",
        ),
    ],
)
def test_what_is_not_plain_is_named(network, message):
    plain_layers(nn.Sequential(nn.Linear(2, 1)))
    with pytest.raises(ConfigError) as error:
        plain_layers(network)
    assert message in str(error.value)
