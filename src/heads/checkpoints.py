"""Heads from checkpoints, for scripts that have no run, only one of its files."""

from importlib import import_module
from pathlib import Path
from typing import Any, Self

from lightning.pytorch import LightningModule

from src.errors import ConfigError


class Loadable(LightningModule):
    """A module that a checkpoint in a run's folder is enough to make, and that can then be trained on.

    Of what surrounds them heads know nothing but this: the room that opens run folders, and may be trusted with those
    of other people, is asked by its name, and only when somebody loads a checkpoint.
    """

    temperature: float

    def on_fit_start(self) -> None:
        """Train without a temperature: it was fitted for the weights as they were."""
        self.temperature = 1.0

    @classmethod
    def load_from_checkpoint(cls, checkpoint_path: Any, map_location: Any = None, *more: Any, **arguments: Any) -> Self:
        """A head with a checkpoint's weights, and the network and settings of the run in whose folder that lies.

        The folder's configuration and the checkpoint are read as those of any run from other people: they name
        classes of this project, PyTorch and Lightning, and nothing in them is run.

        Args:
            checkpoint_path: `<run folder>/checkpoints/best.ckpt`, with the threshold that was chosen, or `last.ckpt`.
            map_location: The device of the weights; None is the CPU.
            *more: With any of Lightning's further arguments, what Lightning does.
            **arguments: With `trust`, a package or a list of packages, also classes from there. With any others, such
                as `network=…`, what Lightning does.

        Raises:
            ConfigError: The checkpoint lies in no run's folder, is that of another head, or is not to be trusted.
        """
        if more or arguments.keys() - {"trust"}:
            return super().load_from_checkpoint(checkpoint_path, map_location, *more, **arguments)
        head = import_module("src.runs.opening").open_head(Path(checkpoint_path), arguments.get("trust"))
        if not isinstance(head, cls):
            kind = type(head).__name__
            raise ConfigError(f"{checkpoint_path}: is of a {kind} (got {cls.__name__}); load it with {kind}")
        return head.to(map_location or "cpu")
