"""Runs on functions of two inputs: what they solve, and that nothing downstream needs to know."""

import csv
import re

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from src import lab
from src.runs.evaluation import evaluate
from src.runs.exporting import export
from src.runs.opening import open_run
from src.runs.prediction import predict
from tests.command.place import give
from tests.commands import run
from tests.conftest import compose_train, trained
from tests.runs.test_evaluation import on_run, read_csv, scores_of
from tests.runs.test_exporting import settings as exporting
from tests.runs.test_replaying import REPLAY, data_of

QUIET = "logger=none", "callbacks.progress_bar=null", "callbacks.figures=null"
LINEAR = "experiment=circles_linear", "network.hidden_dims=[]", *QUIET
SQUARES = *LINEAR, "network.inputs=[x1_squared,x2_squared]"
ALL = "network.inputs=[x1,x2,x1_squared,x2_squared,x1_times_x2,sin_x1,sin_x2]"
SMALL = "experiment=moons_logistic", "network=mlp", ALL, "trainer.max_epochs=4", *QUIET


def predicted(folder, x, scratch, **settings):
    """The probability of class 1 that `src.predict` writes for rows x [N, 2]."""
    spec = open_run(folder).spec
    with (scratch / "new.csv").open("w", newline="") as file:
        csv.writer(file).writerows([spec.feature_names, *x])
    asked = {"input": str(scratch / "new.csv"), "output": None, "force": False, **settings}
    return [float(row[f"probability_{spec.class_names[1]}"]) for row in read_csv(predict(on_run(folder, **asked)))]


def by_network(network, data, x):
    """The probability of class 1 for raw rows x [N, 2], by hand from a network's outputs."""
    with torch.no_grad():
        return network((x - data.scaler.mean) / data.scaler.scale)[:, 0].sigmoid()


@pytest.fixture(scope="module")
def circles(tmp_path_factory):
    return trained(compose_train(*SQUARES), tmp_path_factory.mktemp("circles"))


def by_hand(network, x):
    """The probability of class 1 by the equation of logistic regression on squares."""
    layer = network[1]
    (w1, w2), bias = layer.weight[0].tolist(), layer.bias.item()
    return 1 / (1 + np.exp(-(w1 * x[:, 0] ** 2 + w2 * x[:, 1] ** 2 + bias)))


def test_logistic_regression_on_squares_separates_circles_as_scikit_learns_does(circles, train):
    assert circles.metrics["solved"]
    splits = circles.parts.datamodule.splits
    reference = LogisticRegression(C=np.inf).fit(splits.train.x.numpy() ** 2, splits.train.y)
    expected = reference.score(splits.test.x.numpy() ** 2, splits.test.y)
    assert circles.metrics["test/accuracy"] == pytest.approx(expected, abs=0.01)
    layer = circles.parts.head.network[1]
    radii = (-layer.bias / layer.weight[0]).sqrt().tolist()
    assert radii == pytest.approx(np.sqrt(-reference.intercept_ / reference.coef_[0]), rel=0.01)
    assert train(*LINEAR, "trainer.max_epochs=5").metrics["test/accuracy"] < 0.7  # no line does


def test_a_folder_is_evaluated_and_predicts_by_the_equation(circles, tmp_path):
    found = evaluate(on_run(circles.folder, output=str(tmp_path / "evaluation")))
    assert scores_of(found)["accuracy"] == pytest.approx(circles.metrics["test/accuracy"])
    x = np.random.default_rng(0).uniform(-1.2, 1.2, (30, 2))
    told = predicted(circles.folder, x.tolist(), tmp_path)
    assert told == pytest.approx(by_hand(open_run(circles.folder).head.network, x), abs=1e-5)


def test_its_boundary_is_drawn_and_its_page_has_both_inputs(circles, tmp_path):
    run = lab.open(circles.folder)
    assert run.plot_boundary().axes
    page = data_of(export(exporting(circles.folder, output=str(tmp_path / "page.html"), **REPLAY)))
    assert page["layers"][0] == {"kind": "derived", "names": ["x1_squared", "x2_squared"]}
    assert len(page["inputs"]) == 2


@pytest.mark.usefixtures("drawn")
def test_figures_and_the_movie_are_drawn_beside_hidden_units(train_with_figures):
    words = [word for word in SMALL if word != "callbacks.figures=null"]
    done = train_with_figures(*words, "callbacks=[default,boundary_movie]")
    assert {"boundary.png", "boundary.gif"} <= {path.name for path in (done.folder / "plots").iterdir()}


def test_runs_of_a_stack_predict_together_the_mean_of_each_alone(tmp_path):
    words = ["-m", *SMALL, "network.hidden_dims=[3]", f"hydra.sweep.dir={tmp_path}/sweep", "seed=range(0,8)"]
    done = run(["src.train", *words, "hydra/launcher=vectorized"])
    assert done.returncode == 0, done.stderr
    assert "one by one" not in done.stdout
    folders, x = [tmp_path / "sweep" / str(number) for number in range(8)], torch.randn(20, 2)
    runs = [open_run(folder) for folder in folders]
    each = torch.stack([by_network(each.head.network, each.datamodule, x) for each in runs])
    told = predicted(folders[0], x.tolist(), tmp_path, run="latest", sweep=str(tmp_path / "sweep"))
    assert told == pytest.approx(each.mean(dim=0).tolist(), abs=1e-5)
    assert each.std(dim=0).min() > 1e-4


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A table with two columns of numbers, the square of one of which decides, and a category."""
    path = tmp_path_factory.mktemp("table") / "rows.csv"
    stream = np.random.default_rng(1)
    with path.open("w", newline="") as file:
        rows = [[a, b, "rg"[int(a > 0)], "yn"[int(a * a > 1)]] for a, b in stream.normal(5, 2, (240, 2)).tolist()]
        csv.writer(file).writerows([["a", "b", "colour", "kind"], *rows])
    return ("data=csv", f"data.path={path}", "data.target=kind", *QUIET, "callbacks.importance.repeats=1")


def test_members_of_an_ensemble_begin_with_them_too(table, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = [*table, "data.ignore=[colour]", "network=mlp", ALL, "network.members=3", "trainer.max_epochs=3"]
    assert give("train", [*words, "hydra.run.dir=run"]) == 0
    opened, x = open_run(tmp_path / "run"), torch.randn(20, 2) * 2 + 5
    found = predicted(tmp_path / "run", x.tolist(), tmp_path)
    assert len(opened.head.network) == 3
    with torch.no_grad():
        said = opened.head.estimates(opened.head(opened.datamodule.scaler(x)))[:, 1]
    assert found == pytest.approx(said.tolist(), abs=1e-5)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ["network.inputs=[x1_sqared]"],
            r"\.0: input should be 'x1', .* \(got 'x1_sqared'\); did you mean x1_sq",
        ),
        (["network.inputs=[x2,x1,x2]"], r": input should name .* second x2 \(got \['x2', 'x1', 'x2'\]\)$"),
        (["network.inputs=[]"], r": input should be a list, such as .* as they are \(got \[\]\)$"),
        (["network.inputs=x1"], r": input should be a list, such as .* as they are \(got 'x1'\)$"),
        (["network.inputs=[x1]", "experiment=iris"], r": .* \(got rows of shape \[4\]\); use network.inputs=null"),
        (
            ["network.inputs=[x1]", "experiment=digits"],
            r": .* rows of shape \[1, 8, 8\]\); use network.inputs=null",
        ),
        (["network.inputs=[x1]", "experiment=line"], r": .* \(got rows of shape \[1\]\); use network.inputs=null"),
        (
            ["network.inputs=[x1]", "network=mlp", "data.ignore=[b]"],
            r": .* with 1 from columns of numbers\); use",
        ),
    ],
)
def test_what_cannot_be_derived_is_one_line_and_leaves_nothing(table, words, line, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    rows = table if "data.ignore=[b]" in words else ()
    assert give("train", [*rows, *words, "runs_dir=runs"]) == 2
    told = capfd.readouterr().err
    assert re.match(f"config error: network.inputs{line}", told), told
    assert told.count("\n") == 1
    assert not list(tmp_path.iterdir())
