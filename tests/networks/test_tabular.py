"""The network for tables: the layers before its hidden layers, and its initial weights."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from src.networks.numbers import InputScale, PeriodicEmbedding, SmoothClip
from src.networks.tabular import TabularMLP


def test_numbers_far_out_are_pulled_in_and_small_ones_left():
    x = np.array([-1e6, -3.0, -0.01, 0.0, 0.01, 3.0, 1e6])
    expected = x / np.hypot(1, x / 3)
    np.testing.assert_allclose(SmoothClip()(torch.tensor(x)).numpy(), expected, rtol=1e-12)
    assert np.abs(expected).max() <= 3


def test_embeddings_are_sums_of_cosines_of_each_number_alone():
    torch.manual_seed(0)
    layer = PeriodicEmbedding(num_inputs=2, dims=3, frequencies=4, sigma=0.5)
    x = torch.randn(5, 2)
    found = layer(x).detach().numpy()
    parts = {name: 0.1 * value.detach().numpy() for name, value in layer.named_parameters()}
    for row in range(5):
        for column in range(2):
            angles = x[row, column].item() * parts["frequencies"][column] + parts["phases"][column]
            waves = [math.cos(angle) for angle in angles]
            for place in range(3):
                total = sum(w * parts["weight"][column, k, place] for k, w in enumerate(waves))
                expected = total + parts["bias"][column, place]
                assert found[row, 2 + 3 * column + place] == pytest.approx(expected, abs=1e-5)
    np.testing.assert_array_equal(found[:, :2], x.numpy())


def test_first_frequencies_are_as_wide_as_sigma_says():
    torch.manual_seed(0)
    layer = PeriodicEmbedding(num_inputs=100, dims=1, frequencies=100, sigma=0.5)
    assert (0.1 * layer.frequencies).std().item() == pytest.approx(2 * math.pi * 0.5, rel=0.03)


def test_a_step_of_adam_moves_a_scale_six_times_as_far_as_its_rate():
    layer = InputScale(1)
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.01)
    (-layer(torch.ones(1, 1))).sum().backward()
    optimizer.step()
    assert layer(torch.ones(1, 1)).item() == pytest.approx(1.06, rel=1e-5)


def test_before_the_first_step_every_class_is_as_likely():
    network = TabularMLP((4,), 3, hidden_dims=[16, 16]).eval()
    assert torch.equal(network(torch.randn(7, 4)), torch.zeros(7, 3))
    widths = [(layer.in_features, layer.out_features) for layer in network if isinstance(layer, nn.Linear)]
    assert widths == [(16, 16), (16, 16), (16, 3)]  # 4 inputs, each with 3 learnt functions


def test_categories_have_no_functions_beside_them():
    torch.manual_seed(0)
    layer, x = PeriodicEmbedding(num_inputs=2, dims=3, frequencies=4, sigma=0.5), torch.randn(5, 4)
    found = layer(x)
    torch.testing.assert_close(found, torch.cat([x, layer(x[:, :2])[:, 2:]], dim=1))
    for numbers, width in [(2, 4 + 2 * 3), (0, 4), ("auto", 4 + 4 * 3)]:
        network = TabularMLP((4,), 1, hidden_dims=[8], numbers=numbers)
        assert network(x).shape == (5, 1)
        assert next(each for each in network if isinstance(each, nn.Linear)).in_features == width


def test_without_an_embedding_inputs_go_on_as_they_are():
    names = [type(layer).__name__ for layer in TabularMLP((2, 3), 1, hidden_dims=[], embedding=0)]
    assert names == ["Flatten", "SmoothClip", "InputScale", "Linear"]
