"""One split of an ensemble: all members share its rows, and each trains or validates on its own part."""

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from src.data.member_scaler import MemberScaler
from src.data.rows import Rows
from src.stacking.rows import Convert, StackRows


class MemberRows(StackRows):
    """Rows that are held once, unscaled, and scaled for each member minibatch by minibatch.

    Args:
        rows: Unscaled inputs x [N, F] and targets y [N, …].
        own: Which of them belong to each member: bool [N, M].
        scaler: How each member scales them.
    """

    def __init__(self, rows: Rows, own: Tensor, scaler: MemberScaler) -> None:
        places = [column.nonzero().flatten() for column in own.T]
        self.counts = [len(each) for each in places]
        self.x, self.y, self.scaler = rows.x.unsqueeze(0), rows.y, scaler
        self.places = pad_sequence(places, batch_first=True)
        self.which = torch.arange(len(places))
        self._scalers: dict[tuple[int, int], MemberScaler] = {}

    def to(self, device: torch.device) -> "MemberRows":
        """Move to a device."""
        self.x, self.y, self.places = self.x.to(device), self.y.to(device), self.places.to(device)
        self._converted = None
        return self

    def select(self, runs: Tensor) -> None:
        """Keep only some members [k], by index, as `runs`."""
        self.which, self.places, self._scalers = self.which[runs], self.places[runs], {}
        self.counts = [self.counts[run] for run in runs.tolist()]

    def whole(self, runs: slice) -> tuple[Tensor, Tensor]:
        """All rows x [m, n, F] and targets y [m, n, …] of some members with n rows each."""
        return self._at(runs, self.places[runs, : self.counts[runs][0]], self.y)

    def gather(self, runs: slice, order: Tensor, counts: list[int], convert: Convert) -> tuple[Tensor, Tensor]:
        """The rows of some members at the indices `order` [m, B] into their own rows: x [m, B, F] and y [m, B, …].

        Args:
            runs: The members.
            order: The indices.
            counts: How many belong to each member.
            convert: What makes y of the targets, as in `StackRows`.
        """
        return self._at(runs, self.places[runs].gather(1, order), self.targets(convert))

    def _at(self, runs: slice, places: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        flat = places.flatten()
        x = self.x[0].index_select(0, flat).unflatten(0, places.shape)
        return self._scaler(runs).apart(x), targets.index_select(0, flat).unflatten(0, places.shape)

    def _scaler(self, runs: slice) -> MemberScaler:
        key = runs.start, runs.stop
        if key not in self._scalers:
            self._scalers[key] = self.scaler.of(self.which[runs]).to(self.x.device)
        return self._scalers[key]
