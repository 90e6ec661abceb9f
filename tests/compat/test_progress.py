"""Lightning's progress goes into checkpoints as `dataclasses.asdict` would put it there."""

from dataclasses import asdict

import lightning
import pytest
from lightning.pytorch.loops import progress

from src.compat.progress import as_plain

KINDS = [
    kind
    for kind in vars(progress).values()
    if isinstance(kind, type) and issubclass(kind, progress._BaseProgress) and kind is not progress._BaseProgress
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_progress_is_what_asdict_makes_of_it(kind):
    counted = kind()
    for number, (name, value) in enumerate(vars(counted).items()):
        if isinstance(value, int) and not isinstance(value, bool):
            setattr(counted, name, number + 3)
    assert as_plain(counted) == asdict(counted), f"Lightning {lightning.__version__} counts otherwise than 2.6"
    assert list(as_plain(counted)) == list(asdict(counted))


def test_what_is_counted_later_changes_nothing():
    counted = progress._BatchProgress()
    before = as_plain(counted)
    counted.increment_ready()
    assert before["total"]["ready"] == 0
