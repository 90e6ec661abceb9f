"""Where rows were read from, whether that has changed since a run saw it, and which rows the run has seen."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from src.data.digests import Digests, told
from src.data.identity import Identity, Keys, unseen
from src.data.source import Source
from src.errors import ChangedDataError, ConfigError


class Sourced:
    """A dataset that knows where its rows come from.

    Attributes:
        source: The files of rows that can change; None for other rows, and until the rows have been read.
        trained_source: The files as they were when the checkpoint's run was trained.
        identity: Names and keys of the rows, if they have names.
        digests: Digests of all rows read from the files, if the files are read whole.
        trained_digests: The digests when the checkpoint's run was trained, if it saved them.
        accepts_change: Whether the run may continue on changed files, which its checkpoints record.
        refuses_change: Whether the files must be those of the checkpoint's run.
        rows_seen: Keys of rows that the checkpoint's run has seen and that must not be test rows.
        tests_all: Whether all rows of files other than the run's are test rows, except those it has seen.
        num_left_out: Number of rows that are not test rows because the run has seen them.
    """

    source: Source | None = None
    trained_source: Source | None = None
    identity: Identity | None = None
    digests: Digests | None = None
    trained_digests: Digests | None = None
    accepts_change = False
    refuses_change = False
    rows_seen: Keys | None = None
    tests_all = False
    num_left_out = 0

    @property
    def digests_whole(self) -> bool:
        """Whether all bytes of files are read; a run saved by an earlier version is treated as it was then."""
        return self.trained_source is None or self.trained_source.whole

    def source_now(self) -> Source | None:
        """The files as they are now, without reading rows; None if there are none."""
        return None

    def change(self) -> str | None:
        """How the files differ from those of a checkpoint's run, in words; None if they do not."""
        return self._change_of(self.source)

    def refuse_change(self, source: Source | None) -> None:
        """Raise `ChangedDataError` if a `source` must be what the checkpoint's run was trained on, but is not."""
        if self.refuses_change and (change := self._change_of(source)):
            raise ChangedDataError(
                f"data: {change}, so its splits are not those of the run; restore it, or set allow_changed_data=true"
            )

    def mixture(self) -> str | None:
        """A remark if a checkpoint's run was trained on files before and after they changed; otherwise None."""
        if self.source is None or self.trained_source is None or not self.trained_source.mixed:
            return None
        return f"the run was trained on {self.source.name} before and after it changed"

    @property
    def is_apart(self) -> bool:
        """Whether all the rows read are test rows for a checkpoint's run, except those whose keys it has seen."""
        return self.tests_all and self.rows_seen is not None and self.change() is not None

    def without_seen(self, keys: Keys, places: Tensor) -> Tensor:
        """Those [K] of the `places` [N] that the checkpoint's run has not seen, by the `keys` of all rows.

        Raises:
            ConfigError: None is left.
        """
        if self.rows_seen is None or (self.change() is None and self.mixture() is None):
            return places
        new = places[torch.from_numpy(unseen(keys[places.numpy()], self.rows_seen))]
        self.num_left_out = len(places) - len(new)
        if len(new) == 0:
            where = self.source.name if self.source else "the data"
            raise ConfigError(
                f"data: the run has seen all {len(places):,} rows of {where} that could test it; give new ones"
            )
        return new

    def source_state(self) -> dict[str, Any]:
        """What a checkpoint saves about the source."""
        mixed = self.accepts_change or self.mixture() is not None
        return {} if self.source is None else {"source": self.source._replace(mixed=mixed).state()}

    def take_source(self, state: Mapping[str, Any] | None) -> None:
        """Restore the `state` of the source from a checkpoint."""
        if state is None:
            return
        self.trained_source = Source.of_state(state)
        if self.source is not None and self.source.whole != self.trained_source.whole and (now := self.source_now()):
            self.source = now._replace(counts={**self.source.counts, **now.counts})

    def _change_of(self, source: Source | None) -> str | None:
        trained = self.trained_source
        difference = trained.difference(source, self._rows_of(source)) if source and trained else None
        return f"{source.name} is not what the run was trained on ({difference})" if source and difference else None

    def _rows_of(self, source: Source) -> str | None:
        """How many rows of a `source` are gone and new, in words; None if unknown."""
        trained = self.trained_source
        if source is not self.source or trained is None or self.digests is None or self.trained_digests is None:
            return None
        if source.counts.get("columns") != trained.counts.get("columns"):  # every row has changed
            return None
        return told(self.trained_digests, self.digests, "image" if "pictures" in source.counts else "row")
