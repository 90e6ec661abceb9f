"""torchvision's ResNet-18 for images of any size and any number of channels."""

from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor, nn

from src.errors import ConfigError
from src.networks.cnn import image_shape
from src.settings.rules import Count, checked

_SMALL = 64  # pixels below which the first layers, made for 224, would discard most of an image


class ResNet18(nn.Module):
    """Maps images [N, C, H, W] to outputs [N, num_outputs]: He et al. 2015 (arXiv:1512.03385).

    Images below 64 pixels go through a 3×3 convolution of stride 1 instead of the 7×7 of stride 2 and the pooling.
    Pretrained weights of the first convolution are adapted to that size and the number of channels: the centre of the
    kernels, summed over colours for grey.

    Args:
        input_shape: (C, H, W).
        num_outputs: Outputs per image.
        weights: None for random ones; a name of torchvision's such as `IMAGENET1K_V1`, which is downloaded; or a file
            with a state dict.
        freeze_body: Whether to train only the last layer.
    """

    @checked
    def __init__(
        self, input_shape: tuple[Count, ...], num_outputs: Count, weights: str | None = None, freeze_body: bool = False
    ) -> None:
        from torchvision.models import resnet18

        super().__init__()
        channels, side = image_shape(input_shape)
        body = resnet18()
        if side < _SMALL:
            body.conv1 = nn.Conv2d(channels, 64, kernel_size=3, padding=1, bias=False)
            body.maxpool = nn.Identity()
        else:
            body.conv1 = nn.Conv2d(channels, 64, kernel_size=7, stride=2, padding=3, bias=False)
        self.head = nn.Linear(body.fc.in_features, num_outputs)
        body.fc = nn.Identity()
        self.body, self.freeze_body = body, freeze_body
        if weights is not None:
            self._take(_state(weights), weights)
        body.requires_grad_(not freeze_body)
        self.to(memory_format=torch.channels_last)

    @property
    def backbone(self) -> nn.Module:
        """The layers before the last one, which Lightning's `BackboneFinetuning` unfreezes later."""
        body: nn.Module = self.body
        return body

    def forward(self, x: Tensor) -> Tensor:
        """Outputs [N, num_outputs] of images x [N, C, H, W]."""
        outputs: Tensor = self.head(self.body(x.contiguous(memory_format=torch.channels_last)))
        return outputs

    def train(self, mode: bool = True) -> Self:
        """Like `nn.Module.train`, but a frozen body also keeps the running averages of its batch norms."""
        super().train(mode)
        if self.freeze_body:
            self.body.eval()
        return self

    def _take(self, state: dict[str, Any], source: str) -> None:
        """Load the weights of all layers but the last, those of the first adapted to these images."""
        first = state.get("conv1.weight")
        mine = self.body.conv1.weight
        if isinstance(first, Tensor) and first.ndim == 4:
            if mine.shape[1] != first.shape[1]:
                first = first.sum(dim=1, keepdim=True).expand(-1, mine.shape[1], -1, -1) / mine.shape[1]
            margin = (first.shape[-1] - mine.shape[-1]) // 2
            state = {
                **state,
                "conv1.weight": first[..., margin : margin + mine.shape[2], margin : margin + mine.shape[3]],
            }
        state = {key: value for key, value in state.items() if not key.startswith("fc.")}
        try:
            self.body.load_state_dict(state)
        except (RuntimeError, TypeError, AttributeError) as error:
            reason = str(error).split("\n\t")[-1].strip()
            raise ConfigError(f"network.weights: {source} does not hold a ResNet-18's weights ({reason})") from error


def _state(weights: str) -> dict[str, Any]:
    """A state dict from a file, or from torchvision by name."""
    from torchvision.models import ResNet18_Weights

    names = [each.name for each in ResNet18_Weights]
    if weights in (*names, "DEFAULT"):
        try:
            return dict(ResNet18_Weights[weights].get_state_dict(progress=True, check_hash=True))
        except (OSError, RuntimeError) as error:
            raise ConfigError(
                f"network.weights: {weights} could not be downloaded ({' '.join(str(error).split())}); "
                "set network.weights to a file, or to null for random weights"
            ) from error
    if not Path(weights).is_file():
        raise ConfigError(
            f"network.weights: {weights} is neither a file nor one of {', '.join(names)}; use null for random weights"
        )
    try:
        state = torch.load(weights, map_location="cpu", weights_only=True)
    except Exception as error:
        raise ConfigError(f"network.weights: {weights} is not a file of plain weights; save a state dict") from error
    if not isinstance(state, dict):
        raise ConfigError(f"network.weights: {weights} holds a {type(state).__name__}; save a state dict")
    return state
