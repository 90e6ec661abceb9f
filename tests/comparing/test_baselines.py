"""The folds of a sweep against scikit-learn by hand: means over folds, averaged over seeds, corrected intervals."""

import json
import shutil
import statistics

import numpy as np
import pytest
from scipy import stats
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression

from src.estimators import compare as comparing
from src.reporting.columns import folded
from src.runs.opening import open_run
from tests.command.place import give

IRIS = ["experiment=iris", "trainer.max_epochs=3", "data.val_fraction=0.2", "hydra/launcher=vectorized"]


@pytest.fixture(scope="module")
def sweeps(tmp_path_factory):
    """A working folder with a sweep over folds and seeds, and parts of it that are not sweeps."""
    folder = tmp_path_factory.mktemp("sweeps")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        folds = ["data.folds=3", "data.fold=0,1,2", "seed=0,1", "hydra.sweep.dir=folds"]
        assert give("train", ["-m", *IRIS, *folds]) == 0
    for number in ("0", "1"):
        for name in ("seeds", "settings"):
            shutil.copytree(folder / "folds" / number, folder / name / number)
    with (folder / "settings" / "1" / ".hydra" / "overrides.yaml").open("a") as file:
        file.write("- optimizer.lr=0.2\n")
    return folder


@pytest.fixture
def here(sweeps, monkeypatch):
    known = comparing.baselines
    monkeypatch.setattr(comparing, "baselines", lambda *given: dict(list(known(*given).items())[:2]))
    monkeypatch.chdir(sweeps)
    return sweeps


def by_hand(folder, make):
    """Validation and test accuracy of an estimator on the rows of a run."""
    opened = open_run(folder)
    opened.check_data()
    (x, y), *others = [(rows.x.double().numpy(), rows.y.numpy()) for rows in opened.datamodule.splits]
    model = make().fit(x, y)
    return [model.score(*rows) for rows in others], len(x), len(others[1][1])


def test_folds_are_compared_by_fold(here, capsys):
    assert give("baselines", ["sweep=folds"]) == 0
    report = json.loads((here / "folds" / "baselines.json").read_text())
    metrics = [json.loads((here / "folds" / str(number) / "metrics.json").read_text()) for number in range(6)]
    network = [statistics.fmean(each["test/accuracy"] for each in metrics[2 * i : 2 * i + 2]) for i in range(3)]
    assert report["network"]["scores"]["accuracy"] == pytest.approx(statistics.fmean(network))
    makes = [lambda: DummyClassifier(strategy="prior"), lambda: LogisticRegression(max_iter=1000)]
    for row, make in zip(report["baselines"], makes, strict=True):
        found = [by_hand(here / "folds" / str(2 * i), make) for i in range(3)]
        assert row["val"] == pytest.approx(statistics.fmean(scores[0] for scores, _, _ in found), abs=1e-9)
        tests = [scores[1] for scores, _, _ in found]
        assert row["scores"]["accuracy"] == pytest.approx(statistics.fmean(tests), abs=1e-9)
        gaps = np.subtract(network, tests)
        _, trained, tested = found[0]
        error = gaps.std(ddof=1) * np.sqrt(1 / 3 + tested / trained)
        half = stats.t.ppf(0.975, 2) * error
        assert row["difference"] == pytest.approx(gaps.mean(), abs=1e-6)
        assert row["ends"] == pytest.approx([gaps.mean() - half, gaps.mean() + half], abs=1e-6)
    told = capsys.readouterr().out
    assert folded(report["sentence"]) in told
    assert "numbers are means over 3 folds of one table, averaged over seeds first" in told
    assert (
        give("baselines", ["sweep=latest", "runs_dir=.", "metric=log_loss"]) == 0
    )  # what an earlier time wrote is replaced
    assert json.loads((here / "folds" / "baselines.json").read_text())["metric"] == "log_loss"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["sweep=settings"], "sweep: the runs in settings differ in optimizer.lr, but baselines are compared with one"),
        (
            ["sweep=seeds"],
            "sweep: the runs in seeds have 1 splits of the rows, but an interval needs 3; sweep data.fold",
        ),
        (["sweep=folds", "metric=acuracy"], "metric: these runs have no 'test/acuracy'; did you mean test/accuracy?"),
        (["sweep=folds", "data.seed=3"], "changes: baselines are fitted to and compared on the runs' own rows"),
        (["sweep=nowhere"], "sweep: nowhere holds no runs"),
    ],
)
def test_wrong_sweeps_are_one_line(words, line, here, capsys):
    assert give("baselines", words) == 2
    told = capsys.readouterr().err
    assert line in told
    assert len(told.splitlines()) == 1
