"""The exercises of lesson 7: Fashion-MNIST."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from src.lab.exercises.kinds import Exercise, Function, Number, Trained
from src.networks.cnn import CNN


def _slid(image: Tensor, filter: Tensor) -> Tensor:
    """The sums [H - 2, W - 2] of a filter [3, 3] that slides over an image [H, W]."""
    return F.conv2d(image[None, None], filter[None, None])[0, 0]


def _images() -> list[tuple[Any, ...]]:
    generator = torch.Generator().manual_seed(7)
    return [
        (torch.randn(size, generator=generator), torch.randn(3, 3, generator=generator)) for size in ((8, 8), (5, 7))
    ]


def _weights(*dims: int) -> int:
    network = CNN((1, 28, 28), 10, list(dims))
    return sum(part.numel() for name, part in network.named_parameters() if part.ndim == 4)


EXERCISES: dict[str, Exercise] = {
    "7.1": Function(
        _slid,
        _images,
        {
            "the filter is flipped; networks apply it as it is": lambda image, filter: _slid(image, filter.flip(0, 1)),
            "these are the means; add up the nine products": lambda image, filter: _slid(image, filter) / 9,
        },
    ),
    "7.2": Trained({"data.classes": ("Sandal", "Sneaker"), "data.name": "FashionMNIST"}),
    "7.3": Trained({"network.dropout": 0.25, "data.name": "FashionMNIST", "data.classes": None}),
    "7.4": Number(
        lambda: _weights(16, 32, 64),
        lambda: {
            "that is the first stage alone": _weights(16),
            "each filter of a stage looks at all maps of the stage before it": 9 * (16 + 32 + 64),
            "the first stage has nine weights for each filter, too": _weights(16, 32, 64) - 9 * 16,
        },
        tolerance=1e-6,
    ),
    "7.5": Trained({"network.hidden_dims": (), "data._target_": "src.data.image.digits.Digits"}),
}
