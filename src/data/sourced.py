"""What rows were read from, whether that has changed since a run saw it, and which rows the run has seen."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from src.data.digests import Digests, told
from src.data.identity import Identity, Keys, unseen
from src.data.source import Source
from src.errors import ChangedDataError, ConfigError


class Sourced:
    """A dataset that knows where its rows are from.

    Attributes:
        source: The files, of rows that can change; None of others, and until the rows have been read.
        trained_source: What they were when a checkpoint's run was trained on them.
        identity: Names and keys of the rows, of those that have names.
        digests: Of all rows that were read from the files, where these are looked at whole.
        trained_digests: What they were as a checkpoint's run was trained, where it has kept them.
        accepts_change: The run may continue on other files than before; its checkpoints say so.
        refuses_change: The files are to be those of the checkpoint's run.
        rows_seen: Keys of rows that the checkpoint's run has seen, which are to test nothing.
        tests_all: All rows of files that are not those of the run are to test it, but for the rows seen.
        num_left_out: Rows that would have tested it, had it not seen them.
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
        """Whether all bytes of files are looked at; with a run that was saved by an earlier version as that did."""
        return self.trained_source is None or self.trained_source.whole

    def source_now(self) -> Source | None:
        """What the files are now, without their rows being read; None where there are none."""
        return None

    def change(self) -> str | None:
        """How the files that were read differ from those of a checkpoint's run, in words; None where not."""
        return self._change_of(self.source)

    def refuse_change(self, source: Source | None) -> None:
        """Raise `ChangedDataError` where a `source` is not what a checkpoint's run was trained on, and has to be."""
        if self.refuses_change and (change := self._change_of(source)):
            raise ChangedDataError(
                f"data: {change}, so its splits are not those of the run; restore it, or set allow_changed_data=true"
            )

    def mixture(self) -> str | None:
        """That a checkpoint's run was trained on files and then on others, in words; None where it was not."""
        if self.source is None or self.trained_source is None or not self.trained_source.mixed:
            return None
        return f"the run was trained on {self.source.name} before and after it changed"

    @property
    def is_apart(self) -> bool:
        """Whether all the rows read test a checkpoint's run: which of them it has seen, their keys tell."""
        return self.tests_all and self.rows_seen is not None and self.change() is not None

    def without_seen(self, keys: Keys, places: Tensor) -> Tensor:
        """Those [K] of some `places` [N] whose `keys`, of all rows, a checkpoint's run has not seen; the others count.

        Raises:
            ConfigError: There is none.
        """
        if self.rows_seen is None or (self.change() is None and self.mixture() is None):
            return places
        new = places[torch.from_numpy(unseen(keys[places.numpy()], self.rows_seen))]
        self.num_left_out = len(places) - len(new)
        if len(new) == 0:
            where = self.source.name if self.source else "the data"
            raise ConfigError(
                f"data: the run has seen each of the {len(places):,} rows of {where} that could test it; give new ones"
            )
        return new

    def source_state(self) -> dict[str, Any]:
        """What a checkpoint keeps of the source."""
        mixed = self.accepts_change or self.mixture() is not None
        return {} if self.source is None else {"source": self.source._replace(mixed=mixed).state()}

    def take_source(self, state: Mapping[str, Any] | None) -> None:
        """Take what a checkpoint has kept of the source, its `state`."""
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
        """Which rows of a `source` are gone and which are new, in words; None where that is not known."""
        trained = self.trained_source
        if source is not self.source or trained is None or self.digests is None or self.trained_digests is None:
            return None
        if source.counts.get("columns") != trained.counts.get("columns"):  # each row has changed
            return None
        return told(self.trained_digests, self.digests, "picture" if "pictures" in source.counts else "row")
