"""Out-of-fold predictions: each row is tested once by a run that has not seen it, and one file has them all."""

import csv
import shutil

import numpy as np
import pytest
import torch
from sklearn.datasets import load_iris
from sklearn.model_selection import StratifiedKFold

from src.comparing.out_of_fold import gather
from src.runs import answers
from src.runs.opening import open_run
from tests.commands import run

FOLDS = 4
FAST = ["trainer.max_epochs=2", "logger=none", "callbacks.figures=null"]


def read(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A sweep over all folds and two seeds of iris, and what its command printed."""
    folder = tmp_path_factory.mktemp("swept")
    words = [f"data.folds={FOLDS}", f"data.fold=range(0,{FOLDS})", "seed=3,4", "hydra/launcher=vectorized", *FAST]
    done = run(["src.train", "-m", "experiment=iris", *words, f"hydra.sweep.dir={folder}/sweep"])
    assert done.returncode == 0, done.stderr
    return folder / "sweep", done.stdout


@pytest.fixture
def sweep(swept, tmp_path):
    return shutil.copytree(swept[0], tmp_path / "sweep")


def test_each_row_is_there_once_for_each_seed_with_its_fold_and_its_class(swept):
    folder, printed = swept
    assert (
        f"out-of-fold predictions: {folder}/out_of_fold.csv" in printed.replace("../", "")[-2000:]
        or "out_of_fold.csv" in printed
    )
    data = load_iris()
    fold_of = np.empty(150, dtype=int)
    splits = StratifiedKFold(FOLDS, shuffle=True, random_state=42).split(data.data, data.target)
    for fold, (_, test) in enumerate(splits):
        fold_of[test] = fold
    rows = read(folder / "out_of_fold.csv")
    assert [(row["seed"], int(row["row"])) for row in rows] == [(seed, n) for seed in "34" for n in range(1, 151)]
    for row in rows:
        place = int(row["row"]) - 1
        assert int(row["fold"]) == fold_of[place]
        assert row["target"] == data.target_names[data.target[place]]


def test_probabilities_are_those_of_the_run_that_tests_the_row(swept):
    folder, _ = swept
    rows = {(row["seed"], row["row"]): row for row in read(folder / "out_of_fold.csv")}
    opened = open_run(folder / "5")
    assert (opened.cfg.data.fold, opened.cfg.seed) == (2, 4)
    splits = opened.datamodule.splits
    with torch.no_grad():
        expected = opened.head.network(splits.test.x).softmax(dim=1)
    for number, probabilities in zip(opened.datamodule.identity.of("test"), expected, strict=True):
        row = rows["4", str(number)]
        found = [float(row[f"probability_{name}"]) for name in opened.spec.class_names]
        assert found == pytest.approx(probabilities.tolist(), abs=1e-6)
        assert row["predicted"] == opened.spec.class_names[int(probabilities.argmax())]


def test_compare_writes_the_file_where_it_is_missing_and_leaves_a_newer_one(sweep):
    (sweep / "out_of_fold.csv").unlink()
    assert "out-of-fold predictions" in run(["src.compare", f"sweep={sweep}", "boundaries=0"]).stdout
    assert len(read(sweep / "out_of_fold.csv")) == 300
    (sweep / "out_of_fold.csv").write_text("mine\n")
    assert gather(sweep) is None
    assert (sweep / "out_of_fold.csv").read_text() == "mine\n"


def test_a_seed_without_all_folds_is_left_out_and_the_line_says_so(sweep):
    (sweep / "out_of_fold.csv").unlink()
    (sweep / "2" / "metrics.json").unlink()
    assert gather(sweep).endswith("(of 2 repetitions, 1 lacks a fold)")
    assert {row["seed"] for row in read(sweep / "out_of_fold.csv")} == {"4"}
    (sweep / "3" / "metrics.json").unlink()
    (sweep / "out_of_fold.csv").unlink()
    assert gather(sweep) == "out_of_fold.csv was not written: of 2 repetitions, 2 lack a fold"


def test_a_file_of_the_same_name_that_nobody_lists_stays(sweep):
    (sweep / ".out_of_fold.json").unlink()
    shutil.copystat(sweep / "sweep.json", sweep / "out_of_fold.csv")
    assert "out_of_fold.csv is not from an earlier out_of_fold and is not replaced" in gather(sweep)


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_text("row,fold\n1\n")])
def test_a_damaged_part_is_named(sweep, damage):
    (sweep / "out_of_fold.csv").unlink()
    damage(sweep / "0" / "fold_predictions.csv")
    assert "out_of_fold.csv was not written: " in gather(sweep)
    assert "fold_predictions.csv" in gather(sweep)


@pytest.mark.parametrize(
    ("words", "total", "columns"),
    [
        (
            ["experiment=moons", "data.num_samples=60"],
            60,
            ["target", "predicted", "probability_upper", "probability_lower"],
        ),
        (["experiment=line", "data.num_samples=61"], 61, ["target", "predicted"]),
        (["experiment=digits_cnn", "network.dims=[2]", "trainer.max_epochs=1"], 1797, None),
    ],
)
def test_a_run_alone_writes_its_part_also_of_drawn_rows_and_of_images(train, words, total, columns):
    trained = train(*words, *FAST[1:], "data.folds=3", "data.fold=1", *([] if columns is None else FAST[:1]))
    rows = read(trained.folder / "fold_predictions.csv")
    assert columns is None or list(rows[0]) == ["row", "fold", *columns]
    data = trained.parts.datamodule
    assert [int(row["row"]) for row in rows] == [place + 1 for place in data.identity.places["test"].tolist()]
    assert len({row["row"] for row in rows}) == len(rows) == total // 3
    assert {row["fold"] for row in rows} == {"1"}


def test_a_run_without_folds_writes_none(train):
    assert not (train("experiment=moons", *FAST).folder / "fold_predictions.csv").exists()


def test_a_new_threshold_is_that_of_the_files_predictions(train):
    trained = train("experiment=moons", *FAST, "data.folds=3", "data.fold=0")
    opened = open_run(trained.folder)
    answers.change(opened.head, opened.datamodule, None, 0.999)
    answers.keep(trained.folder, opened.head, opened.datamodule, opened.cfg)
    rows = read(trained.folder / "fold_predictions.csv")
    assert {row["predicted"] for row in rows if float(row["probability_lower"]) < 0.999} == {"upper"}
