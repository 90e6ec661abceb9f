"""The networks for images: shapes, layout, pretrained weights, and what is refused."""

import pytest
import torch
from torchvision.models import resnet18

from src.errors import ConfigError
from src.networks.cnn import CNN
from src.networks.resnet import ResNet18


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 20), (1, 8, 8)])
@pytest.mark.parametrize("make", [lambda shape: CNN(shape, 5, dims=[4, 8], depth=2), lambda shape: ResNet18(shape, 5)])
def test_images_become_one_row_of_outputs_each(make, shape):
    assert make(shape)(torch.randn(2, *shape)).shape == (2, 5)


def test_convolutions_work_channels_last():
    seen = []
    network = CNN((1, 8, 8), 2, dims=[4])
    network.body[1].register_forward_hook(
        lambda _, x, y: seen.append(y.is_contiguous(memory_format=torch.channels_last))
    )
    network(torch.randn(2, 1, 8, 8))
    assert seen == [True]


def test_the_last_small_batch_of_one_image_trains():
    network = CNN((1, 8, 8), 2, dims=[4, 8])
    network(torch.randn(1, 1, 8, 8)).sum().backward()
    assert all(p.grad is not None for p in network.parameters())


def test_too_many_stages_for_the_image_are_refused():
    with pytest.raises(
        ConfigError, match=r"network.dims: 4 stages halve .* 8 pixels per side \(got .*\); name at most 3"
    ):
        CNN((1, 8, 8), 2, dims=[4, 4, 4, 4])


@pytest.mark.parametrize("make", [lambda: CNN((2,), 1, dims=[4]), lambda: ResNet18((2,), 1)])
def test_rows_that_are_no_images_are_refused(make):
    with pytest.raises(ConfigError, match=r"convolutions need images .* use network=mlp"):
        make()


@pytest.fixture
def weights(tmp_path):
    torch.manual_seed(5)
    state = resnet18().state_dict()
    torch.save(state, tmp_path / "weights.pt")
    return tmp_path / "weights.pt", state


def test_weights_from_a_file_give_torchvisions_features(weights):
    path, state = weights
    reference = resnet18()
    reference.load_state_dict(state)
    reference.fc = torch.nn.Identity()
    network = ResNet18((3, 64, 64), 2, weights=str(path)).eval()
    x = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        assert torch.allclose(network.body(x), reference.eval()(x), atol=1e-4)


def test_the_first_layer_is_fitted_to_small_grey_images(weights):
    path, state = weights
    network = ResNet18((1, 28, 28), 2, weights=str(path))
    expected = state["conv1.weight"].sum(1, keepdim=True)[..., 2:5, 2:5]
    assert torch.allclose(network.body.conv1.weight, expected)


def test_a_frozen_body_does_not_move_in_training(weights):
    path, _ = weights
    network = ResNet18((3, 32, 32), 2, weights=str(path), freeze_body=True).train()
    before = {name: value.clone() for name, value in network.body.state_dict().items()}
    network(torch.randn(4, 3, 32, 32)).sum().backward()
    assert {name for name, p in network.named_parameters() if p.grad is not None} == {"head.weight", "head.bias"}
    assert all(torch.equal(value, before[name]) for name, value in network.body.state_dict().items())


def test_weights_that_are_none_are_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"network.weights: nowhere.pt is neither a file nor one of IMAGENET1K_V1"):
        ResNet18((3, 32, 32), 2, weights="nowhere.pt")
    torch.save({"conv1.weight": torch.zeros(3)}, tmp_path / "other.pt")
    with pytest.raises(ConfigError, match=r"other.pt does not hold a ResNet-18's weights"):
        ResNet18((3, 32, 32), 2, weights=str(tmp_path / "other.pt"))
    (tmp_path / "text.pt").write_text("hello")
    with pytest.raises(ConfigError, match=r"text.pt is not a file of plain weights"):
        ResNet18((3, 32, 32), 2, weights=str(tmp_path / "text.pt"))


def test_weights_that_cannot_be_downloaded_are_named(monkeypatch):
    def refuse(*_, **__):
        raise OSError("no network")

    monkeypatch.setattr("torch.hub.load_state_dict_from_url", refuse)
    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", refuse)
    with pytest.raises(ConfigError, match=r"IMAGENET1K_V1 could not be downloaded \(no network\); set network.weights"):
        ResNet18((3, 32, 32), 2, weights="IMAGENET1K_V1")
