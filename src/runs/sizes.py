"""Whether a network and a checkpoint belong together, checked before memory is allocated for either."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig
from torch import nn
from torch.nn.modules.module import register_module_parameter_registration_hook

from src.building.build import make_network
from src.errors import ConfigError
from src.heads.base import Head
from src.spec import DataSpec
from src.trust import targets

_SPARE = (
    1000  # parameters that a network may create and then drop while it is built, like a ResNet's first and last layer
)


def check_sizes(
    cfg: DictConfig, spec: DataSpec, weights: dict[str, torch.Tensor], path: Path, members: int = 1
) -> None:
    """Build the network of a configuration without memory, and compare its parameters with those of a checkpoint.

    Args:
        cfg: The configuration.
        spec: The specification of the dataset.
        weights: The checkpoint's weights, by their names in the head.
        path: The checkpoint, for messages.
        members: Number of networks in the checkpoint.

    Raises:
        ConfigError: The network refuses a value, or the checkpoint is of another network.
    """
    head_class = targets.find(cfg, "head")
    if not issubclass(head_class, Head):
        return
    try:
        with torch.device("meta"), _at_most(len(weights) + _SPARE, path):
            network = make_network(cfg, spec, head_class)
    except ConfigError:
        if targets.find(cfg, "network").__module__.partition(".")[0] in targets.trusted(cfg.get("trust")):
            return  # a network that cannot be built this way; its code is trusted
        raise
    prefixes = ["network."] if members == 1 else [f"network.networks.{place}." for place in range(members)]
    parameters = {f"{prefix}{name}": value for prefix in prefixes for name, value in network.state_dict().items()}
    for name in parameters.keys() & weights.keys():
        if weights[name].is_floating_point() != parameters[name].is_floating_point():
            kinds = f"should be of {parameters[name].dtype} (got {weights[name].dtype})"
            raise ConfigError(f"{path}: {name}: {kinds}; use the checkpoints of this run's folder")
    expected = {name: list(value.shape) for name, value in parameters.items()}
    found = {name: list(value.shape) for name, value in weights.items() if name.startswith("network.")}
    for name in [*expected, *found]:
        if expected.get(name) != found.get(name):
            sizes = f"{found.get(name, 'none')} in the checkpoint and {expected.get(name, 'none')} in the configuration"
            raise ConfigError(
                f"{path}: belongs to another network (size mismatch for {name}: {sizes}); "
                "use the checkpoints of this run's folder"
            )


@contextmanager
def _at_most(number: int, path: Path) -> Iterator[None]:
    """Refuse a network of more parameters while it is built: a depth of a billion would never finish."""
    made = 0

    def count(module: nn.Module, name: str, parameter: Any) -> None:
        nonlocal made
        made += 1
        if made > number:
            raise ConfigError(
                f"{path}: belongs to another network (size mismatch: the configuration requests more than {number} "
                "parameters); use the checkpoints of this run's folder"
            )

    handle = register_module_parameter_registration_hook(count)
    try:
        yield
    finally:
        handle.remove()
