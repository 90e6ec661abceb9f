"""Figures say what they show: the problem, the split, how many rows, and the score that `metrics.json` has."""

import json
import re
from itertools import pairwise

import pytest

from src.heads.drawing import last_drawings
from src.storage.epochs import read


def texts(figure):
    """All that stands above a figure and its panels."""
    above = figure.get_suptitle()
    return [line for title in (above, *(axis.get_title() for axis in figure.axes)) for line in title.splitlines()]


@pytest.mark.parametrize(
    ("words", "problem", "score"),
    [
        (["experiment=xor", "data.num_train=200"], "XOR", "accuracy"),
        (["experiment=blobs", "data.num_samples=300"], "Blobs", "accuracy"),
        (["experiment=line"], "Line", "R²"),
        (["experiment=multilabel", "data.num_samples=200"], "Several labels per row", "accuracy"),
    ],
)
def test_titles_have_the_numbers_of_the_run(words, problem, score, train):
    run = train(*words, "trainer.max_epochs=2", "callbacks.importance=null")
    metrics = json.loads((run.folder / "metrics.json").read_text())
    parts = run.parts
    drawings = last_drawings(parts.head, parts.datamodule, read(run.folder / "metrics.csv"), metrics)
    for drawing in drawings:
        shown = texts(drawing.draw())
        assert any(problem in line for line in shown), drawing.tag
        for split, line in pairwise(shown):
            if (found := re.fullmatch(rf"([\d,]+) rows, {score} (-?[\d.]+)", line)) is not None:
                name = next(each for each in ("train", "val", "test") if f"{each} split" in split)
                rows = getattr(parts.datamodule.splits, name)
                key = f"{name}/{'r2' if score == 'R²' else score}"
                assert (int(found[1].replace(",", "")), found[2]) == (len(rows.x), f"{metrics[key]:.4f}")
                break
        else:
            assert drawing.tag == "curves", shown


def test_curves_name_their_loss(train):
    run = train("experiment=line", "trainer.max_epochs=1", "head.loss=l1")
    drawings = last_drawings(run.parts.head, run.parts.datamodule, read(run.folder / "metrics.csv"), run.metrics)
    (curves,) = [each for each in drawings if each.tag == "curves"]
    assert [axis.get_ylabel() for axis in curves.draw().axes] == ["loss (mean absolute error)", "R²"]
