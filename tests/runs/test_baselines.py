"""Baselines are fitted once, saved in the run's folder, and shown with its evaluation as long as they are current."""

import json
import logging

import pytest
from omegaconf import OmegaConf

from src.errors import ChangedDataError, ConfigError
from src.estimators import compare as comparing
from src.heads.probable import ClassOutcome
from src.reporting.columns import folded
from src.runs.baselines import write_baselines
from src.runs.evaluation import evaluate

MOONS = ("experiment=moons", "trainer.max_epochs=2", "data.num_samples=200", "callbacks.figures=null")
KEYS = {"metric": None, "rope": 0.01, "baseline_seed": 0, "resamples": 20, "most_numbers": 8_000_000}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Two baselines are enough here."""
    known = comparing.baselines
    monkeypatch.setattr(comparing, "baselines", lambda *given: dict(list(known(*given).items())[:2]))
    monkeypatch.setattr(ClassOutcome, "figures", lambda self, scene: {})


def on_run(folder, **settings):
    defaults = {"run": str(folder), "runs_dir": "runs", "data_dir": None, "changes": {}}
    return OmegaConf.create(defaults | settings)


def evaluated(folder, **settings):
    return evaluate(on_run(folder, **{"split": "test", "threshold": None, "resamples": 0} | settings))


@pytest.fixture
def said(caplog):
    """What has been printed since the last call."""
    caplog.set_level(logging.INFO)

    def text():
        found = caplog.text
        caplog.clear()
        return found

    return text


def test_baselines_are_kept_and_shown_beside_the_evaluation(train, said):
    run = train(*MOONS)
    evaluated(run.folder)
    assert "majority class" not in said()
    path = write_baselines(on_run(run.folder, **KEYS))
    stored, shown = json.loads(path.read_text()), said()
    assert path == run.folder / "baselines.json"
    assert [row["name"] for row in stored["baselines"]] == ["majority class", "logistic regression"]
    assert folded(stored["sentence"]) in shown
    assert "network minus baseline [95 %]" in shown
    assert stored["network"]["scores"]["accuracy"] == pytest.approx(run.metrics["test/accuracy"])
    evaluated(run.folder)
    assert folded(stored["sentence"]) in said()
    evaluated(run.folder, split="val")
    assert "majority class" not in said()
    evaluated(run.folder, threshold=0.999)
    shown = said()
    assert "baselines: outdated (other weights or threshold); run python -m src.baselines" in shown
    assert "majority class" not in shown
    evaluated(run.folder, baselines=True)
    assert "threshold of network and baselines: 0.999" in said()
    assert json.loads(path.read_text())["threshold"] == "0.999"


def test_numbers_have_baselines_too(train, said):
    run = train("experiment=line", "trainer.max_epochs=2")
    evaluated(run.folder, baselines=True)
    assert "ridge regression, the best baseline by validation r2" in said()
    evaluated(run.folder)
    assert "ridge regression, the best baseline by validation r2" in said()


@pytest.mark.parametrize("content", ["", "[]", '{"metric": 1}', '{"baselines": []}'])
def test_a_file_that_is_no_report_is_as_good_as_none(content, train, said):
    run = train(*MOONS)
    (run.folder / "baselines.json").write_text(content)
    evaluated(run.folder)
    assert "baseline" not in said()


def test_other_rows_are_refused(train, tmp_path):
    run = train(*MOONS)
    with pytest.raises(
        ConfigError, match=r"data.noise: baselines are fitted to the run's own rows and compared on them"
    ):
        write_baselines(on_run(run.folder, **KEYS, changes={"data": {"noise": 0.9}}))
    with pytest.raises(
        ConfigError, match=r"baselines: are compared on the run's own test rows \(got val\); leave it out"
    ):
        evaluated(run.folder, baselines=True, split="val")
    table = tmp_path / "rows.csv"
    rows = [f"{n % 7},{(n * 5) % 11},{'yes' if n % 7 > 3 else 'no'}" for n in range(60)]
    table.write_text("\n".join(["a,b,answer", *rows]))
    run = train("data=csv", f"data.path={table}", "data.target=answer", *MOONS[1:2], MOONS[3], folder="table")
    table.write_text("\n".join(["a,b,answer", *rows, "1,2,no"]))
    with pytest.raises(ChangedDataError, match="rows 60 → 61"):
        write_baselines(on_run(run.folder, **KEYS))
    assert not (run.folder / "baselines.json").exists()
