"""Every experiment reaches the number that its source printed, or the one that we expect.

Experiments that train for more than two seconds are compared with README.md's gallery: `make test-docs`.
"""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LinearRegression

from src.networks.affine import affine_map
from src.places import CONF
from src.readme.gallery import read_entries
from src.runs.opening import open_run
from tests.data.image_files import write_idx, write_pngs
from tests.sandbox import REAL_DATA
from tests.stacking.conftest import composed, stacked

AT_LEAST = {
    "circles": 0.96,
    "circles_tiny": 0.985,
    "blobs": 0.985,
    "moons": 0.955,
    "spirals": 0.97,
    "gaussian": 0.98,
    "digits": 0.975,
    "digits_cnn": 0.975,
    "breast_cancer": 0.95,
    "iris": 0.93,
    "wine": 0.95,
    "multilabel": 0.8,
}
QUICK = {"blobs", "gaussian", "iris", "wine"}
FASHION = {"fashion_binary": 0.998, "fashion_mlp": 0.88, "fashion_fast": 0.92, "fashion_cnn": 0.935}
GATES = ["and_gate", "or_gate", "nand_gate", "xor_gate"]
TESTED_ALONE = {*GATES, "circles_linear", "blobs_linear", "moons_logistic", "line", "xor", "transfer", "table"}
needs_fashion = pytest.mark.skipif(REAL_DATA is None, reason="Fashion-MNIST is neither in data/ nor in ../shared/data/")


def test_no_experiment_is_forgotten():
    stems = {path.stem for path in (CONF / "experiment").glob("*.yaml")}
    known = AT_LEAST.keys() | FASHION.keys() | TESTED_ALONE
    assert {stem for stem in stems if not stem.startswith("sweep_")} == known


@pytest.mark.parametrize(
    "experiment", [pytest.param(name, marks=[] if name in QUICK else pytest.mark.docs) for name in AT_LEAST]
)
def test_experiment_is_solved(train, experiment):
    metrics = train(f"experiment={experiment}").metrics
    assert metrics["test/accuracy"] >= AT_LEAST[experiment]
    assert metrics["solved"] is True
    shown = read_entries()[experiment].value  # in README.md's gallery, measured on another day and machine
    assert metrics["test/accuracy"] == pytest.approx(shown, abs=0.02)


@pytest.mark.docs
def test_perceptrons_learn_what_a_line_separates(tmp_path):
    """Trained as one stack, whose runs equal runs alone: `tests/stacking/test_stack.py`; lesson 1 trains AND alone."""
    members = stacked([composed([f"experiment={gate}"]) for gate in GATES], tmp_path)
    and_gate, or_gate, nand_gate, xor_gate = (member.metrics for member in members)
    for metrics, gate in ((and_gate, "and_gate"), (or_gate, "or_gate"), (nand_gate, "nand_gate")):
        assert metrics["test/accuracy"] == read_entries()[gate].value == 1.0
        assert metrics["solved"] is True
    assert and_gate["train/loss"] == pytest.approx(0.0217, abs=0.002)  # as its source printed, and so the outputs
    rows = members[0].data.splits.test.x
    outputs = torch.sigmoid(open_run(members[0].folder).head(rows)).tolist()
    assert outputs == pytest.approx([2.4e-5, 0.0252, 0.0252, 0.965], abs=0.002)
    assert xor_gate["test/accuracy"] <= 0.75
    assert xor_gate["solved"] is False


@pytest.mark.docs
def test_hidden_layer_solves_the_xor_gate(train):
    words = "experiment=xor_gate", "network=mlp", "trainer.max_epochs=1000", "callbacks.figures=null"
    assert train(*words).metrics["solved"] is True


@pytest.mark.docs
def test_linear_layers_cannot_cut_a_circle(train):
    metrics = train("experiment=circles_linear").metrics
    assert 0.35 <= metrics["test/accuracy"] <= 0.65
    assert metrics["solved"] is False


def test_softmax_regression_on_blobs(train):
    metrics = train("experiment=blobs_linear").metrics
    assert metrics["test/accuracy"] >= 0.985
    assert metrics["train/loss"] <= 0.08


def test_logistic_regression_finds_the_weights_of_its_source(train):
    run = train("experiment=moons_logistic")
    weight, bias = affine_map(run.parts.head.network, 2)
    assert weight[0].tolist() == pytest.approx([1.1806, -1.8693], abs=0.02)
    assert bias.item() == pytest.approx(-0.0591, abs=0.02)


def test_line_agrees_with_its_source_and_with_least_squares(train):
    run = train("experiment=line")
    x = torch.tensor([[0.20], [0.34], [0.57]])
    with torch.no_grad():
        predicted = run.parts.head(x).numpy()
    assert predicted == pytest.approx(np.array([1.4174, 1.6896, 2.1366]), abs=0.03)
    rows = run.parts.datamodule.splits.train
    least_squares = LinearRegression().fit(rows.x.numpy(), rows.y.numpy()).predict(x.numpy())
    assert predicted == pytest.approx(least_squares, abs=0.01)


@pytest.mark.docs
def test_xor_is_solved_with_the_loss_of_its_source_and_from_nine_of_ten_seeds(tmp_path):
    """Trained as one stack, whose runs equal runs alone: `tests/stacking/test_stack.py`."""
    members = stacked([composed(["experiment=xor", f"seed={seed}"]) for seed in range(20)], tmp_path)
    assert members[0].metrics["test/accuracy"] == 1.0
    assert members[0].metrics["train/loss"] <= 0.03
    assert sum(member.metrics["solved"] for member in members) >= 18


# Images


@pytest.mark.parametrize("experiment", FASHION)
def test_fashion_trains_on_any_files_of_its_format(train, tmp_path, experiment):
    write_idx(tmp_path, num_train=120)
    metrics = train(f"experiment={experiment}", f"data_dir={tmp_path}", "trainer.max_epochs=2").metrics
    assert metrics["epochs"] == 2
    assert len(metrics["test/confusion_matrix"]) == (2 if experiment == "fashion_binary" else 10)


@needs_fashion
@pytest.mark.docs
def test_t_shirts_and_boots_are_told_apart(train):
    words = "experiment=fashion_binary", f"data_dir={REAL_DATA}", "trainer.max_epochs=4", "callbacks.figures=null"
    metrics = train(*words).metrics
    assert metrics["test/accuracy"] >= FASHION["fashion_binary"]


@needs_fashion
@pytest.mark.docs
def test_an_epoch_of_the_ten_clothes_is_well_on_its_way(train):
    words = "experiment=fashion_mlp", f"data_dir={REAL_DATA}", "trainer.max_epochs=1", "callbacks.figures=null"
    assert train(*words).metrics["test/accuracy"] >= 0.8


@needs_fashion
@pytest.mark.slow
@pytest.mark.parametrize("experiment", FASHION)
def test_fashion_is_solved(train, experiment):
    assert train(f"experiment={experiment}", f"data_dir={REAL_DATA}").metrics["solved"] is True


@pytest.fixture
def pictures(tmp_path):
    folder = write_pngs(tmp_path / "pictures", classes=("bat", "cat", "dog"), each=20)
    return f"data.path={folder}", f"data_dir={tmp_path}", "data.image_size=32"


def test_transfer_trains_on_a_folder_and_shows_pictures(train_with_figures, drawn, pictures):
    run = train_with_figures("experiment=transfer", *pictures, "network.weights=null", "trainer.max_epochs=1")
    assert {"predictions.png", "augmentation.png"} <= {path.name for path in (run.folder / "plots").iterdir()}


def test_a_table_is_learnt_with_nothing_but_its_path_and_target(train, tmp_path):
    """A circle inside another with outliers, which no line can separate."""
    stream = np.random.default_rng(0)
    angle, inside = stream.uniform(0, 2 * np.pi, 300), np.arange(300) % 2
    x, y = (np.array([wave(angle) for wave in (np.cos, np.sin)]) * (2 - inside)) + stream.normal(0, 0.15, (2, 300))
    x[::50] *= 1e4
    rows = [f"{a:.3f},{b:.3f},{'in' if is_in else 'out'}" for a, b, is_in in zip(x, y, inside, strict=True)]
    path = tmp_path / "circles.csv"
    path.write_text("\n".join(["x,y,where", *rows]) + "\n")
    words = "experiment=table", f"data.path={path}", "data.target=where", "trainer.max_epochs=9"
    run = train(*words, "callbacks.importance=null")
    assert run.metrics["test/accuracy"] >= 0.9


def test_a_folder_of_pictures_is_learnt_and_names_its_classes(train, pictures):
    run = train(
        "data=image_folder",
        *pictures,
        "head=multiclass",
        "data.batch_size=8",
        "optimizer=adam",
        "trainer.max_epochs=20",
    )
    assert run.parts.head.spec.class_names == ("bat", "cat", "dog")
    assert run.metrics["test/accuracy"] == 1.0
