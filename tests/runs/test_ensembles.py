"""Runs of a sweep predict together: the mean, by hand, and one line if they cannot."""

import csv
from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf
from sklearn.datasets import load_iris

from src.errors import ConfigError
from src.runs import answers
from src.runs.exporting import export
from src.runs.opening import open_run
from src.runs.prediction import predict
from tests.commands import run

FAST = ["callbacks.figures=null", "trainer.max_epochs=2"]


def named(sweep, **settings):
    defaults = {"run": "latest", "runs_dir": "runs", "data_dir": None, "changes": {}, "output": None, "force": False}
    return OmegaConf.create(defaults | {"sweep": sweep if isinstance(sweep, str) else list(map(str, sweep))} | settings)


def read(path):
    with Path(path).open(newline="") as file:
        return list(csv.DictReader(file))


def write(path, columns, rows):
    path.write_text("\n".join([",".join(columns), *(",".join(f"{cell}" for cell in row) for row in rows)]) + "\n")
    return str(path)


@pytest.fixture
def folds(train):
    """Train one run per fold of three; returns their folders."""

    def runs(*words):
        names = ("0", "1", "2")
        return [train(*words, *FAST, "data.folds=3", f"data.fold={n}", folder=n).folder for n in names]

    return runs


@torch.no_grad()
def said(folder, x):
    """A run's output for raw rows, by hand: its own scaler and network, without a head."""
    opened = open_run(folder)
    scaler = opened.datamodule.scaler
    return opened.head.network(x if scaler is None else (x - scaler.mean) / scaler.scale)


@pytest.fixture(scope="module")
def iris(tmp_path_factory):
    """A sweep over three folds of iris, trained as a stack, and its table without classes."""
    folder = tmp_path_factory.mktemp("iris")
    words = ["experiment=iris", "data.folds=3", "data.fold=0,1,2", "trainer.max_epochs=5", "logger=none"]
    done = run(["src.train", "-m", *words, "hydra/launcher=vectorized", f"hydra.sweep.dir={folder}/sweep"])
    assert done.returncode == 0, done.stderr
    data = load_iris()
    write(folder / "iris.csv", data.feature_names, data.data)
    x = torch.from_numpy(data.data).float()
    means = torch.stack([said(folder / "sweep" / n, x).softmax(dim=1) for n in ("0", "1", "2")]).mean(dim=0)
    return folder, x, means


def test_a_sweeps_folds_predict_with_the_mean_of_their_probabilities(iris, tmp_path):
    folder, _, means = iris
    words = [f"sweep={folder}/sweep", f"input={folder}/iris.csv", f"output={tmp_path}/out.csv"]
    done = run(["src.predict", *words])
    assert f"wrote 150 predictions by the mean of 3 runs of {folder}/sweep" in done.stdout
    rows = read(tmp_path / "out.csv")
    names = load_iris().target_names
    for row, mean in zip(rows, means.tolist(), strict=True):
        assert [float(row[f"probability_{name}"]) for name in names] == pytest.approx(mean, abs=1e-5)
        assert row["predicted"] == names[mean.index(max(mean))]


def test_a_sweeps_folds_are_one_exported_file(iris, tmp_path):
    folder, x, means = iris
    written = export(named(f"{folder}/sweep", format="torch_export", output=str(tmp_path / "model.pt2")))
    with written.open("rb") as file:
        exported = torch.export.load(file).module()
    torch.testing.assert_close(exported(x), means, rtol=0, atol=1e-5)


def test_classes_follow_the_mean_threshold(folds, tmp_path):
    runs = folds("experiment=moons")
    for folder, threshold in zip(runs, (0.2, 0.3, 0.7), strict=True):
        opened = open_run(folder)
        answers.change(opened.head, opened.datamodule, None, threshold)
        answers.keep(folder, opened.head, opened.datamodule, opened.cfg)
    x = torch.randn(50, 2, generator=torch.Generator().manual_seed(0))
    source = write(tmp_path / "rows.csv", ["x1", "x2"], x.tolist())
    rows = read(predict(named(runs, input=source)))
    means = torch.stack([said(folder, x).sigmoid() for folder in runs]).mean(dim=0).flatten()
    assert [float(row["probability_lower"]) for row in rows] == pytest.approx(means.tolist(), abs=1e-5)
    expected = ["lower" if mean >= 0.4 else "upper" for mean in means.tolist()]
    assert [row["predicted"] for row in rows] == expected
    assert len(set(expected)) == 2


def test_values_and_several_labels_are_averaged_too(folds, train, tmp_path):
    runs = folds("experiment=line")
    x = torch.linspace(0, 1, 7)[:, None]
    rows = read(predict(named(runs, input=write(tmp_path / "line.csv", ["x"], x.tolist()))))
    means = torch.stack([said(folder, x) for folder in runs]).mean(dim=0).flatten()
    assert [float(row["predicted"]) for row in rows] == pytest.approx(means.tolist(), abs=1e-5)
    runs = folds("experiment=multilabel", "data.num_samples=200")
    x = open_run(runs[0]).datamodule.splits.test.x
    names = open_run(runs[0]).spec.feature_names
    rows = read(predict(named(runs, input=write(tmp_path / "labels.csv", names, x.tolist()))))
    means = torch.stack([said(folder, x).sigmoid() for folder in runs]).mean(dim=0)
    assert [float(row["probability_label 3"]) for row in rows] == pytest.approx(means[:, 3].tolist(), abs=1e-5)
    assert [int(row["predicted_label 3"]) for row in rows] == (means[:, 3] >= 0.5).int().tolist()


def test_folds_that_know_other_categories_predict_and_are_not_exported(folds, tmp_path):
    colours = ["violet", *["red", "blue"] * 30]
    rows = [[n % 7, colours[n], ("no", "yes")[n % 2]] for n in range(60)]
    path = write(tmp_path / "rows.csv", ["a", "colour", "answer"], rows)
    runs = folds("data=csv", f"data.path={path}", "data.target=answer", "data.positive=yes", "data.val_fraction=0")
    widths = {open_run(folder).spec.input_shape for folder in runs}
    assert widths == {(3,), (4,)}
    assert len(read(predict(named(runs, input=path)))) == 60
    message = r"sweep: .* have learned different categories \(got colour=violet in one of them\)"
    with pytest.raises(ConfigError, match=message):
        export(named(runs, format="torch_export", output=str(tmp_path / "model.pt2")))


def test_runs_that_cannot_answer_together_are_refused_in_one_line(train, iris, tmp_path):
    folder, _, _ = iris
    first, second = (train("experiment=moons", *FAST, f"optimizer.lr={lr}", folder=str(lr)).folder for lr in (0.1, 0.2))
    message = r"sweep: its runs have several settings, .* \(got optimizer.lr=0.1, 0.2\); name the runs of one, as in"
    with pytest.raises(ConfigError, match=message):
        predict(named([first, second], input=str(folder / "iris.csv")))
    with pytest.raises(ConfigError, match=r"sweep: .*nowhere holds no finished runs"):
        predict(named(str(tmp_path / "nowhere"), input=str(folder / "iris.csv")))


def test_a_head_with_probabilities_of_its_own_kind_is_refused(folds, tmp_path, monkeypatch):
    from src.heads.binary import BinaryHead

    runs = folds("experiment=moons")
    monkeypatch.setattr(BinaryHead, "estimates", lambda self, logits: BinaryHead.probabilities(self, 2 * logits))
    with pytest.raises(
        ConfigError, match="sweep: BinaryHead cannot predict from a mean of probabilities; give one run"
    ):
        predict(named(runs, input=write(tmp_path / "rows.csv", ["x1", "x2"], [[0.5, 1.0]])))
