"""Heads from checkpoints, for scripts that have only a file of a run."""

from importlib import import_module
from pathlib import Path
from typing import Any, Self

from lightning.pytorch import LightningModule

from src.errors import ConfigError


class Loadable(LightningModule):
    """A module that can be loaded from a checkpoint in a run's folder and trained further.

    This is all that heads know about their surroundings: the package that opens run folders, safely even if they come
    from other people, is imported only when somebody loads a checkpoint.
    """

    temperature: float

    def on_fit_start(self) -> None:
        """Train without a temperature, since it was fitted to the previous weights."""
        self.temperature = 1.0

    @classmethod
    def load_from_checkpoint(cls, checkpoint_path: Any, map_location: Any = None, *more: Any, **arguments: Any) -> Self:
        """A head with a checkpoint's weights, and the network and settings of the run that the checkpoint belongs to.

        The folder's configuration and the checkpoint are treated as if they came from other people: they may name
        classes of this project, PyTorch and Lightning, and no code in them is run.

        Args:
            checkpoint_path: `<run folder>/checkpoints/best.ckpt`, with the threshold that was chosen, or `last.ckpt`.
            map_location: The device of the weights; None is the CPU.
            *more: Further arguments of Lightning's; if there are any, Lightning's own method is used.
            **arguments: `trust`, a package or a list of packages, also allows classes from there. With any others, such
                as `network=…`, Lightning's own method is used.

        Raises:
            ConfigError: The checkpoint is not in a run's folder, belongs to another head, or cannot be trusted.
        """
        if more or arguments.keys() - {"trust"}:
            return super().load_from_checkpoint(checkpoint_path, map_location, *more, **arguments)
        head = import_module("src.runs.opening").open_head(Path(checkpoint_path), arguments.get("trust"))
        if not isinstance(head, cls):
            kind = type(head).__name__
            raise ConfigError(f"{checkpoint_path}: belongs to a {kind} (got {cls.__name__}); load it with {kind}")
        return head.to(map_location or "cpu")
