"""The encoders of all members of an ensemble, each fitted to its own training rows, side by side."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Self

import torch
from torch import Tensor

from src.data.member_scaler import MemberScaler
from src.data.table import Table
from src.data.tabular.encoder import Encoder
from src.data.tabular.spread import Standardize
from src.data.tabular.typed import OTHER_CATEGORY, TypedEncoder, encoder_of
from src.data.tabular.unknown import Unknown

OneEncoder = Encoder | TypedEncoder


class MemberEncoders(NamedTuple):
    """Encoders of M members whose inputs are columns of one matrix [N, F], in which shared inputs appear once.

    A category, a part of a date or a missing cell is an input only of those members whose training rows had it.

    Attributes:
        layout: The encoder of all rows that any member trains on: it has nearly all inputs, in the order of a single
            network.
        encoders: The distinct encoders of the members.
        which: The index in `encoders` of each member's encoder.
    """

    layout: OneEncoder
    encoders: list[OneEncoder]
    which: list[int]

    @classmethod
    def fitted(cls, fit: Callable[[Tensor], OneEncoder], rows: Tensor, held_out: Tensor) -> Self:
        """The encoders of all members.

        Args:
            fit: Fits an encoder to rows, by their numbers [K].
            rows: Numbers [N] of the rows that any member trains on.
            held_out: From which members each of them is held out: bool [N, M].
        """
        encoders: list[OneEncoder] = []
        which = []
        for held in held_out.T:
            encoder = fit(rows[~held])
            if encoder not in encoders:
                encoders.append(encoder)
            which.append(encoders.index(encoder))
        return cls(fit(rows), encoders, which)

    @property
    def columns(self) -> list[str]:
        """Names of the columns that a table needs."""
        return self.layout.columns

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Name of each input: first the layout's, then those that only some members have."""
        return tuple(name for name, _ in self._inputs)

    @property
    def num_numbers(self) -> int:
        """How many of the first inputs are numbers or parts of dates that the layout has."""
        return self.layout.num_numbers

    @property
    def places(self) -> dict[str, list[int]]:
        """Positions of the inputs that each column becomes, for any member."""
        found = {name: list(places) for name, places in self.layout.places.items()}
        order = {key: place for place, (_, key) in enumerate(self._inputs)}
        for encoder in self.encoders:
            keys = _keys(encoder)
            for name, places in encoder.places.items():
                found[name] += [place for each in places if (place := order[keys[each]]) not in found[name]]
        return found

    @property
    def own_places(self) -> list[Tensor]:
        """Positions [K] of each member's own inputs among all F, in its order."""
        order = {key: place for place, key in enumerate(key for _, key in self._inputs)}
        each = [torch.tensor([order[key] for key in _keys(encoder)]) for encoder in self.encoders]
        return [each[place] for place in self.which]

    @property
    def _inputs(self) -> list[tuple[str, Any]]:
        """Name and key of each input."""
        found: dict[Any, str] = {}
        for encoder in (self.layout, *self.encoders):
            for name, key in zip(encoder.feature_names, _keys(encoder), strict=True):
                if key not in found:
                    again = sum(known == name or known.startswith(f"{name} #") for known in found.values())
                    found[key] = f"{name} #{again + 1}" if again else name
        return [(name, key) for key, name in found.items()]

    def encode(self, table: Table, unknown: Unknown) -> Tensor:
        """Rows [N, F] of a table; `unknown` counts categories that no member knows.

        Raises:
            ConfigError: A column is missing, or a cell is not the number that it should be.
        """
        whole = encoded(self.layout, table, unknown)
        done = set(_keys(self.layout))
        more = []
        for encoder in self.encoders:
            own = {key: place for place, key in enumerate(_keys(encoder)) if key not in done}
            if own:
                more.append(encoded(encoder, table, Unknown())[:, list(own.values())])
                done |= own.keys()
        return torch.cat([whole, *more], dim=1) if more else whole

    def scaler(self, x: Tensor, held_out: Tensor, standardize: Standardize) -> MemberScaler:
        """How each member scales its rows.

        Args:
            x: Raw rows [N, F] that any member trains on.
            held_out: From which members each of them is held out: bool [N, M].
            standardize: As for one network.
        """
        places = self.own_places
        members = zip(self.which, places, held_out.T, strict=True)
        scalers = [self.encoders[place].scaler(x[~held][:, own], standardize) for place, own, held in members]
        return MemberScaler.joined(scalers, places, x.shape[1])

    # Checkpoints

    def state(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "layout": state_of(self.layout),
            "encoders": [state_of(encoder) for encoder in self.encoders],
            "which": self.which,
        }

    @classmethod
    def of_state(cls, state: Mapping[str, Any]) -> Self:
        """The encoders saved in `state`."""
        encoders = [encoder_of(dict(each)) for each in state["encoders"]]
        return cls(encoder_of(dict(state["layout"])), encoders, list(state["which"]))

    def known(self) -> Tensor:
        """1 for an input that a member has, otherwise 0: [M, F]."""
        known = torch.zeros(len(self.which), len(self._inputs))
        for member, own in zip(known, self.own_places, strict=True):
            member[own] = 1.0
        return known


def encoded(encoder: OneEncoder | MemberEncoders, table: Table, unknown: Unknown) -> Tensor:
    """Rows [N, F] of a table from an encoder; `unknown` counts categories that it does not know, if it can."""
    return encoder.encode(table) if isinstance(encoder, Encoder) else encoder.encode(table, unknown)


def state_of(encoder: OneEncoder) -> dict[str, Any]:
    """Plain values of an encoder, for a checkpoint."""
    if isinstance(encoder, TypedEncoder):
        return encoder.state()
    return {"numeric": encoder.numeric, "categories": encoder.categories}


def _keys(encoder: OneEncoder) -> list[Any]:
    """What identifies each input: its name and, for the category of the rare ones, the categories that it excludes."""
    kinds = {f"{name}={OTHER_CATEGORY}": tuple(each) for name, each in encoder.categories.items()}
    return [(name, kinds.get(name)) if name in kinds else name for name in encoder.feature_names]
