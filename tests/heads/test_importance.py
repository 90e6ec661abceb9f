"""What a score loses when a column is shuffled: scikit-learn's numbers, and valid intervals."""

import csv
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sklearn.inspection import permutation_importance
from sklearn.metrics import accuracy_score, r2_score

from src.heads.importance import importances
from src.metrics.importance import accuracy_lost, r2_lost
from tests.runs.test_prediction import write_csv

N = 400
WORDS = ("data=csv", "data.test_fraction=0.5", "network.hidden_dims=[8]", "optimizer=adam", "optimizer.lr=0.05")
QUICK = ("trainer.max_epochs=12", "callbacks.figures=null")


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    stream = np.random.default_rng(0)
    a, b, noise = stream.standard_normal((3, N))
    colour = stream.choice(["red", "green", "blue"], N)
    score = 2 * a + b + 1.5 * (colour == "red")
    columns = {"noise": noise, "a": a, "colour": colour, "b": b}
    columns |= {"sick": np.where(score > 0.5, "yes", "no"), "price": 1000 + 100 * score}
    return write_csv(tmp_path_factory.mktemp("importance") / "rows.csv", columns)


@pytest.fixture(scope="module", params=["sick", "price"])
def run(request, rows, tmp_path_factory):
    from tests.conftest import compose_train, trained

    other = {"sick": "price", "price": "sick"}[request.param]
    words = (f"data.path={rows}", f"data.target={request.param}", f"data.ignore=[{other}]", "logger=none")
    cfg = compose_train(*WORDS, *QUICK, *words, "callbacks.progress_bar=null")
    return trained(cfg, tmp_path_factory.mktemp("run") / "run")


def written(run):
    with (run.folder / "importance.csv").open() as file:
        header, *lines = csv.reader(file)
    return header, {name: tuple(map(float, numbers)) for name, *numbers in lines}


class Estimator:
    """A network as scikit-learn sees it, on the columns of a table before a category becomes inputs."""

    def __init__(self, run):
        self.run = run

    def fit(self, x, y):
        raise NotImplementedError

    def predict(self, x):
        x = torch.from_numpy(x.astype(np.float32))
        kinds = torch.nn.functional.one_hot(x[:, -1].long(), 3).float()
        with torch.no_grad():
            return self.run.parts.head.predictions(self.run.parts.head(torch.cat([x[:, :-1], kinds], dim=1))).numpy()


def test_it_is_scikit_learns_with_a_categorys_inputs_shuffled_together(run):
    x, y = run.parts.datamodule.splits.test
    assert run.parts.datamodule.feature_names == ("noise", "a", "b", "colour=blue", "colour=green", "colour=red")
    table = np.column_stack([x[:, :3].numpy(), x[:, 3:].argmax(dim=1).numpy()])
    score = "accuracy" if run.parts.head.spec.class_names else "r2"
    measure = {"accuracy": accuracy_score, "r2": r2_score}[score]
    how = {"scoring": lambda network, x, y: measure(y, network.predict(x)), "n_repeats": 10, "random_state": 0}
    theirs = permutation_importance(Estimator(run), table, y.numpy(), **how)
    header, found = written(run)
    assert header == ["column", f"{score}_lost", "low", "high"]
    expected = dict(zip(("noise", "a", "b", "colour"), theirs.importances_mean, strict=True))
    assert {name: mean for name, (mean, _, _) in found.items()} == pytest.approx(expected, abs=1e-5)
    assert list(found) == sorted(expected, key=lambda name: -expected[name])
    assert all(low <= mean <= high for mean, low, high in found.values())
    assert found["noise"][1] < 0 < found["a"][1]


def test_large_tables_are_drawn_from_and_wide_ones_left_out(run):
    head, data = run.parts.head, run.parts.datamodule
    fewer = importances(head, data, repeats=2, most_numbers=2 * 4 * 6 * 120)
    assert (fewer.num_rows, fewer.repeats) == (120, 2)
    assert importances(head, data, repeats=2, most_numbers=2 * 4 * 6 * 99) is None
    assert importances(head, SimpleNamespace(splits=data.splits, inputs_of_columns={}), 2, 10**6) is None


def test_intervals_cover_what_many_test_splits_would_give():
    """Over new test splits, 95 of 100 intervals contain the mean over all."""
    stream = np.random.default_rng(0)
    found = {"accuracy": [], "r2": []}
    for _ in range(400):
        x, shuffled = stream.standard_normal(100), stream.standard_normal((10, 100))
        y = x + 0.5 * stream.standard_normal(100)
        values = [torch.from_numpy(each) for each in (x, shuffled, y)]
        right, right_shuffled = ((torch.sign(each) == torch.sign(values[2])).double() for each in values[:2])
        found["accuracy"].append(accuracy_lost(right, right_shuffled))
        found["r2"].append(r2_lost(*values))
    truth = {"accuracy": 0.5 - np.arctan(0.5) / np.pi, "r2": 2 / 1.25}
    for score, all_lost in found.items():
        inside = np.mean([lost.low <= truth[score] <= lost.high for lost in all_lost])
        assert 0.92 <= inside <= 0.98, (score, inside)


def test_a_column_that_changes_no_answer_is_not_known_to_be_worth_nothing():
    lost = accuracy_lost(torch.ones(42), torch.ones(10, 42))
    assert lost.mean == 0
    assert (lost.low, lost.high) == pytest.approx((-1.96 / 44, 1.96 / 44), rel=1e-3)


def test_it_can_be_turned_off(train, rows):
    words = (*WORDS, f"data.path={rows}", "data.target=sick", "trainer.max_epochs=1")
    off = train(*words, "callbacks.importance=null", folder="off")
    assert not (off.folder / "importance.csv").exists()
    on = train(*words, "callbacks.importance.repeats=1", folder="on")
    assert (on.folder / "plots" / "importance.png").exists()
