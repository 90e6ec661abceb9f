"""One scaler for all members of an ensemble: from raw rows to each row as each member sees it."""

from typing import Self

import torch
from torch import Tensor

from src.data.scaler import Scaler


class MemberScaler(Scaler):
    """Maps inputs x [N, F] to those of M members [N, M, F], each scaled by its own training rows.

    Args:
        mean: The mean for each member [M, F].
        scale: Likewise [M, F].
        fill: Likewise [M, F].
        known: 1 for an input that a member knows, 0 for an input that it does not know and always sees as 0: [M, F].

    Example:
        >>> one, two = torch.tensor([[0.0], [10.0]]), torch.ones(2, 1)
        >>> scaler = MemberScaler(one, two, fill=one, known=two)
        >>> scaler(torch.tensor([[12.0], [float("nan")]]))[..., 0].tolist()  # two rows, as two members see them
        [[12.0, 2.0], [0.0, 0.0]]
    """

    known: Tensor

    def __init__(self, mean: Tensor, scale: Tensor, fill: Tensor, known: Tensor) -> None:
        super().__init__(mean, scale, fill)
        self.register_buffer("known", known, persistent=False)

    @classmethod
    def joined(cls, scalers: list[Scaler], places: list[Tensor], num_inputs: int) -> Self:
        """The joint scaler of several members.

        Args:
            scalers: Each member's scaler, for its own inputs.
            places: The positions of each member's inputs among all inputs.
            num_inputs: The number of all inputs, F.
        """
        dtype, size = scalers[0].mean.dtype, (len(scalers), num_inputs)
        mean, scale, fill, known = (torch.full(size, value, dtype=dtype) for value in (0.0, 1.0, 0.0, 0.0))
        for member, (scaler, own) in enumerate(zip(scalers, places, strict=True)):
            mean[member, own], scale[member, own] = scaler.mean, scaler.scale
            fill[member, own] = 0.0 if scaler.fill is None else scaler.fill
            known[member, own] = 1.0
        return cls(mean, scale, fill, known.float())

    @property
    def one(self) -> Scaler:
        """A scaler for a single model: the average of the members' scalers."""
        assert self.fill is not None
        return Scaler(*(each.mean(dim=0) for each in (self.mean, self.scale, self.fill)))

    def of(self, members: Tensor) -> Self:
        """The scaler of some members [m], by index, for `apart`."""
        parts = (self.mean, self.scale, self.fill, self.known)
        return type(self)(*(each[members].unsqueeze(1) for each in parts if each is not None))

    def apart(self, x: Tensor) -> Tensor:
        """Inputs [m, B, F] of rows x [m, B, F], different ones for each member; for the scaler that `of` returns."""
        return super().forward(x) * self.known.to(x.device)

    def forward(self, x: Tensor) -> Tensor:
        """Inputs [N, M, F] of rows x [N, F]."""
        return self.apart(x.unsqueeze(1))
