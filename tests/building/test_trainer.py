"""The Trainer times nothing unless it is asked to."""

import pytest
from lightning.pytorch.profilers import SimpleProfiler

from src.building.build import build
from src.building.trainer import Untimed
from tests.conftest import compose_train


@pytest.mark.parametrize(
    ("words", "kind"), [([], Untimed), (["+trainer.profiler=simple"], SimpleProfiler)], ids=["default", "simple"]
)
def test_a_profiler_that_was_asked_for_is_used(words, kind, tmp_path):
    trainer = build(compose_train("experiment=xor", *words), tmp_path).trainer
    assert type(trainer.profiler) is kind


def test_the_default_runs_what_it_does_not_time():
    profiler, seen = Untimed(), []
    with profiler.profile("outer"), profiler.profile("inner"):
        seen.append(1)
    with pytest.raises(ValueError, match="as it is"), profiler.profile("failing"):
        raise ValueError("as it is")
    assert seen == [1]
