"""Patches in the principal components of training images: what is computed, and networks that begin with them."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from src.building.build import build
from src.errors import ConfigError
from src.networks.cnn import CNN
from src.networks.patches import WhitenedPatches
from tests.conftest import compose_train


def images(channels, number=200, side=8):
    """Images whose neighbouring pixels are alike."""
    noise = torch.randn(number, channels, side + 2, side + 2, generator=torch.Generator().manual_seed(0))
    return torch.nn.functional.avg_pool2d(noise, 3, stride=1) + 0.5


def every_patch(x):
    """All patches within the images, pixel by pixel: [P, C * 16]."""
    side = x.shape[2]
    places = range(0, side - 3, 2)
    return np.concatenate([x[:, :, r : r + 4, c : c + 4].numpy().reshape(len(x), -1) for r in places for c in places])


@pytest.mark.parametrize("channels", [1, 3])
def test_filters_are_scikit_learns_principal_components_over_their_deviations(channels):
    x = images(channels)
    layer = WhitenedPatches(channels)
    layer.fit(x)
    patches = every_patch(x).astype(np.float64)
    pca = PCA().fit(patches)
    variances = pca.explained_variance_ * (len(patches) - 1) / len(patches)
    expected = pca.transform(patches) / np.sqrt(variances + 0.01 * variances.mean())
    signed = layer.weight.flatten(1).numpy() @ patches.T + layer.bias.numpy()[:, None]
    half = len(signed) // 2
    assert np.abs(signed[:half]) == pytest.approx(np.abs(expected.T), abs=1e-3)  # a component's sign is arbitrary
    assert signed[half:] == pytest.approx(-signed[:half], abs=1e-5)
    whole = np.cov(signed[:half], bias=True)
    assert whole == pytest.approx(np.diag(variances / (variances + 0.01 * variances.mean())), abs=1e-3)


def test_positive_and_negative_parts_come_out_at_half_the_size():
    x, layer = images(2), WhitenedPatches(2)
    layer.fit(x)
    parts = layer(x)
    assert parts.shape == (200, 64, 4, 4)
    assert parts.min() == 0
    inside = parts[:, :32, 1, 1] - parts[:, 32:, 1, 1]
    expected = x[:, :, 1:5, 1:5].flatten(1) @ layer.weight[:32].flatten(1).T + layer.bias[:32]
    assert torch.allclose(inside, expected, atol=1e-4)


def test_constant_images_leave_finite_filters():
    layer = WhitenedPatches(1)
    layer.fit(torch.ones(3, 1, 8, 8))
    assert torch.isfinite(layer(torch.ones(1, 1, 8, 8))).all()


def test_a_network_learns_nothing_of_its_patches_and_has_a_size_less_to_halve():
    network = CNN((1, 8, 8), 2, dims=[4, 8], whiten=True)
    assert [name for name, _ in network.named_buffers()][:2] == ["body.0.weight", "body.0.bias"]
    assert next(network.parameters()).shape == (4, 32, 3, 3)
    assert network(torch.randn(2, 1, 8, 8)).shape == (2, 2)
    message = r"network.dims: 3 stages .* but their patches have 4 pixels per side \(got .*\); name at most 2"
    with pytest.raises(ConfigError, match=message):
        CNN((1, 8, 8), 2, dims=[4, 4, 4], whiten=True)


def test_a_run_fits_its_patches_to_its_training_images_as_the_network_sees_them(tmp_path):
    words = ("experiment=digits_cnn", "network.whiten=true", "data.standardize=true", "logger=none")
    parts = build(compose_train(*words), tmp_path)
    layer, expected = parts.head.network.body[0], WhitenedPatches(1)
    x = parts.datamodule.splits.train.x.float()
    expected.fit((x - x.mean()) / x.std(correction=0))
    assert torch.allclose(layer(parts.datamodule.seen("val", slice(9))), expected(
        (parts.datamodule.splits.val.x[:9].float() - x.mean()) / x.std(correction=0)
    ), atol=1e-3)  # fmt: skip


def test_outputs_are_means_over_an_image_and_its_mirror_image_except_in_training():
    torch.manual_seed(0)
    network, x = CNN((1, 8, 8), 2, dims=[4], mirror=True), torch.randn(3, 1, 8, 8)
    single = CNN((1, 8, 8), 2, dims=[4])
    single.load_state_dict(network.state_dict())
    assert torch.equal(network(x), single(x))
    network.load_state_dict(single.state_dict())
    with torch.no_grad():
        expected = (single.eval()(x) + single(torch.from_numpy(np.flip(x.numpy(), 3).copy()))) / 2
        assert torch.allclose(network.eval()(x), expected, atol=1e-6)
        assert torch.allclose(network(x), network(x.flip(3)), atol=1e-6)
