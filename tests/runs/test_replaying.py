"""`src.export format=replay`: the page of a run that was trained before, by training it again."""

import json
import re

import pytest

from src.errors import ConfigError
from src.runs.exporting import export
from src.storage.values import write_json
from tests.runs.test_exporting import settings

SMALL = "data.num_train=200", "data.num_val=50", "data.num_test=50", "callbacks.figures=null"
REPLAY = {"format": "replay", "most_epochs": 60, "max_bytes": 3_000_000}


def data_of(path):
    return json.loads(
        re.search(r'<script id="data" type="application/json">(.*?)</script>', path.read_text(), re.DOTALL)[1]
    )


def epochs_of(path):
    return [frame["epoch"] for frame in data_of(path)["frames"]]


def test_a_run_trained_again_gives_the_page_of_its_training(train, tmp_path):
    run = train("experiment=xor", "trainer.max_epochs=9", "callbacks=replay", *SMALL)
    page = export(settings(run.folder, output=str(tmp_path / "page.html"), **REPLAY))
    found, own = data_of(page), data_of(run.folder / "export" / "replay.html")
    assert found == own | {"run": run.folder.name}
    assert [frame["epoch"] for frame in found["frames"]] == list(range(10))
    assert found["kept"]["scores"]["test"]["accuracy"] == run.metrics["test/accuracy"]
    assert not found["repeated"]


def test_fewer_epochs_are_kept_where_the_file_would_be_too_large(train, tmp_path):
    run = train("experiment=xor", "trainer.max_epochs=40", "network.hidden_dims=[40,40]", *SMALL)
    whole = export(settings(run.folder, **REPLAY))
    most = 2 * whole.stat().st_size // 3
    small = export(settings(run.folder, output=str(tmp_path / "small.html"), **REPLAY | {"max_bytes": most}))
    assert small.stat().st_size <= most
    assert len(epochs_of(whole)) == 41 > len(epochs_of(small)) > 3
    fewest = export(settings(run.folder, output=str(tmp_path / "three.html"), **REPLAY | {"most_epochs": 3}))
    for page in (small, fewest):
        assert {0, run.metrics["best_epoch"], 40} <= {*epochs_of(page)}
    with pytest.raises(ConfigError, match=r"^max_bytes: the first, the best and the last epoch need [\d,]+ bytes"):
        export(settings(run.folder, output=str(tmp_path / "none.html"), **REPLAY | {"max_bytes": 1000}))
    assert not (tmp_path / "none.html").exists()


def test_a_training_that_comes_to_other_weights_is_told(train, caplog):
    run = train("experiment=xor", "trainer.max_epochs=3", *SMALL)
    write_json(run.folder / "metrics.json", run.metrics | {"epochs": 5})
    assert data_of(export(settings(run.folder, **REPLAY)))["repeated"]
    assert "repeating the training gave different weights" in caplog.text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("experiment=digits", "trainer.max_epochs=1"), "format=replay: the page shows classes over two inputs"),
        (("experiment=multilabel", "trainer.max_epochs=1"), "format=replay: the page shows classes over two inputs"),
    ],
)
def test_what_no_page_shows_is_refused(train, words, message):
    run = train(*words)
    with pytest.raises(ConfigError) as error:
        export(settings(run.folder, **REPLAY))
    assert str(error.value).startswith(message)
    with pytest.raises(ConfigError, match=r"^callbacks\.replay: the page shows classes over two inputs"):
        train(*words, "callbacks=replay", folder="refused")


def test_a_page_is_called_one(train):
    run = train("experiment=xor", "trainer.max_epochs=1", *SMALL)
    with pytest.raises(ConfigError, match=r"^output: a replay is a page \(got page\.onnx\)"):
        export(settings(run.folder, output="page.onnx", **REPLAY))
