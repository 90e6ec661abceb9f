"""Functions of two inputs: their formulas, and networks that begin with them."""

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import nn

from src.networks.affine import affine_map
from src.networks.derived import DerivedInputs
from src.networks.mlp import MLP
from src.networks.perceptron import Perceptron
from src.settings.rules import Input

FORMULAS = {
    "x1": lambda a, b: a,
    "x2": lambda a, b: b,
    "x1_squared": lambda a, b: a**2,
    "x2_squared": lambda a, b: b**2,
    "x1_times_x2": np.multiply,
    "sin_x1": lambda a, b: np.sin(a),
    "sin_x2": lambda a, b: np.sin(b),
}


def test_each_name_is_its_formula():
    assert [*FORMULAS] == [*Input.__args__]
    x = torch.randn(50, 2, dtype=torch.float64) * 3
    for names in (list(FORMULAS), ["sin_x2", "x1"]):
        expected = np.stack([FORMULAS[name](*x.numpy().T) for name in names], axis=1)
        assert DerivedInputs(names)(x).numpy() == pytest.approx(expected, abs=1e-12)


def test_a_network_gets_the_functions_and_learns_no_more_than_its_layers():
    names, x = ["x1_squared", "x1_times_x2", "sin_x1"], torch.randn(20, 2)
    network = MLP((2,), 1, [4], "tanh", inputs=names)
    assert [name for name, _ in network.named_parameters()] == ["1.weight", "1.bias", "3.weight", "3.bias"]
    assert network[1].in_features == 3
    assert torch.equal(network(x), network[1:](DerivedInputs(names)(x)))
    assert affine_map(Perceptron((2,), 1, names), 2) is None


def test_both_inputs_by_name_are_the_network_without_names():
    networks = []
    for inputs in (None, ["x1", "x2"]):
        torch.manual_seed(3)
        networks.append(MLP((2,), 2, [4], inputs=inputs))
    plain, named = networks
    assert isinstance(plain[0], nn.Linear)
    x = torch.randn(20, 2)
    assert torch.equal(plain(x), named(x))


@pytest.mark.parametrize(
    ("names", "rule"),
    [
        (["x1_sqared"], "Input should be 'x1', "),
        (["x1", "x2", "x1"], "Input should name each function once; leave out the second x1"),
        ([], r"Input should be a list, such as \[x1,x1_squared\], or null for the inputs as they are"),
        ("x1", r"Input should be a list, such as \[x1,x1_squared\], or null"),
    ],
)
@pytest.mark.parametrize("kind", [Perceptron, lambda *sizes, inputs: MLP(*sizes, [3], inputs=inputs)])
def test_other_names_are_refused(kind, names, rule):
    kind((2,), 1, inputs=["x1_squared", "x2"])
    with pytest.raises(ValidationError, match=rule):
        kind((2,), 1, inputs=names)
