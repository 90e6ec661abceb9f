"""The random numbers of dropout in a stack: for each run the same as if it were trained alone."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

Draw = Callable[..., Tensor]
"""Maps probability p, rows B and units U to factors [m, U, B] of m runs: 0 for dropped units, otherwise 1/(1 - p).

With a slice `runs` of the m runs it draws those of these runs only.
"""


def no_dropout(*_: object, **__: object) -> Tensor:
    """Stands for the function that draws factors [m, U, B], for networks that never call it."""
    raise AssertionError


class Masks:
    """A generator for each of M runs, continuing from the random state after its weights were drawn.

    `nn.Dropout` on the CPU draws the factors of a minibatch [B, U] at once and only from this state, so the masks of a
    run, and the state in its checkpoints, are the same in a stack and alone.

    Args:
        states: torch's random state of each run [M, S].

    Example:
        >>> x, torch_seed = torch.ones(2, 3), torch.manual_seed(7)
        >>> masks = Masks(torch.get_rng_state()[None])
        >>> torch.equal(torch.nn.Dropout(0.5)(x), masks.drawer(slice(1))(0.5, 2, 3)[0].T)
        True
    """

    def __init__(self, states: Tensor) -> None:
        self._generators = [Generator() for _ in states]
        self.restore(states)

    def drawer(self, runs: slice) -> Draw:
        """A function that draws the next factors [m, U, B] of some runs."""
        generators = self._generators[runs]

        def draw(p: float, rows: int, units: int, runs: slice = slice(None)) -> Tensor:
            some = generators[runs]
            factors = torch.empty(len(some), rows, units)
            for each, generator in zip(factors, some, strict=True):
                each.bernoulli_(1 - p, generator=generator)
            return factors.div_(1 - p).transpose(1, 2)

        return draw

    def states(self) -> Tensor:
        """The current random state of each run [M, S]."""
        return torch.stack([generator.get_state() for generator in self._generators])

    def select(self, runs: Tensor) -> None:
        """Keep only some runs [k], by index."""
        self._generators = [self._generators[run] for run in runs.tolist()]

    def restore(self, states: Tensor) -> None:
        """Continue from the random `states` [M, S]."""
        for generator, state in zip(self._generators, states, strict=True):
            generator.set_state(state.clone())  # PyTorch 2.15 reads beyond the end of a view
