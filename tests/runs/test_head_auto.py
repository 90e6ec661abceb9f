"""Tables without a named head: the one that fits is chosen, reported, and named in the run's folder."""

import numpy as np
import pytest
import yaml

from src.errors import ConfigError
from src.runs.prediction import predict
from tests.commands import run as command
from tests.runs.test_prediction import FAST, read_csv, settings, write_csv

N = 90
QUICK = ["data=csv", "data.path=rows.csv", "network.hidden_dims=[4]", "trainer.max_epochs=1", *FAST]
QUIET = ["logger=none", "callbacks.progress_bar=null"]


@pytest.fixture
def rows(tmp_path):
    stream = np.random.default_rng(0)
    x = stream.standard_normal((N, 2)).round(3)
    columns = {
        **{"a": x[:, 0], "b": x[:, 1], "price": (1000 + 100 * x[:, 0]).round().astype(int)},
        **{
            "sick": np.where(x[:, 0] > 0, "yes", "no"),
            "kind": np.array(["red", "blue", "green"])[np.arange(N) % 3],
        },
        **{"fever": (x[:, 0] > 0).astype(int), "cough": np.where(x[:, 1] > 0, "true", "false")},
    }
    return write_csv(tmp_path / "rows.csv", columns)


def config(folder):
    return yaml.safe_load((folder / ".hydra" / "config.yaml").read_text())


@pytest.mark.parametrize(
    ("target", "head", "task", "said"),
    [
        ("sick", "binary", "classification", "head=binary, since sick is one of 2 classes"),
        ("kind", "multiclass", "classification", "head=multiclass, since kind is one of 3 classes"),
        ("price", "regression", "regression", "whole numbers (head=multiclass for classes)"),
        ("[fever,cough]", "multilabel", "classification", "head=multilabel, since there are 2 target columns"),
    ],
)
def test_path_and_target_are_enough(rows, tmp_path, target, head, task, said):
    words = [f"data.target={target}", "data.ignore=[kind]" if target != "kind" else "seed=0"]
    done = command(["src.train", *QUICK, *QUIET, *words, "hydra.run.dir=run"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert said in " ".join(done.stdout.split())  # lines are wrapped
    saved = config(tmp_path / "run")
    assert (saved["head"]["_target_"].split(".")[2], saved["data"]["task"]) == (head, task)
    predict(settings(tmp_path / "run", rows))
    assert len(read_csv(tmp_path / "rows_predicted.csv")) == N


@pytest.mark.parametrize("launcher", ["basic", "vectorized"])
def test_a_sweep_chooses_once_for_each_target(rows, tmp_path, launcher):
    words = ["-m", *QUICK, *QUIET, "data.target=sick,price", "seed=0,1", f"hydra/launcher={launcher}"]
    done = command(["src.train", *words, "hydra.sweep.dir=sweep", "head.calibration=null"], tmp_path)
    assert done.returncode == 0, done.stderr
    heads = [config(tmp_path / "sweep" / str(number))["head"]["_target_"] for number in range(4)]
    assert [name.split(".")[2] for name in heads] == ["binary", "binary", "regression", "regression"]
    again = command(["src.train", "sweep_resume=sweep"], tmp_path)
    assert (again.returncode, again.stderr) == (0, "")


def test_a_head_that_is_named_decides_what_a_table_is(train, rows):
    run = train(*QUICK[2:], "data=csv", f"data.path={rows}", "data.target=fever", "head=regression")
    assert run.parts.head.spec.task == "regression"
    with pytest.raises(ConfigError, match=r"BinaryHead is for binary data, .* 3 classes; use head=multiclass$"):
        train("data=csv", f"data.path={rows}", "data.target=kind", "head=binary")
    with pytest.raises(ConfigError, match=r"classes; use head=multiclass, or head=regression for amounts$"):
        train("data=csv", f"data.path={rows}", "data.target=price", "head=binary")


def test_keys_of_a_head_are_those_of_the_one_that_fits(train, rows):
    words = (*QUICK[2:], "data=csv", f"data.path={rows}")
    assert train(*words, "data.target=sick", "head.threshold=0.3").parts.head.threshold == 0.3
    with pytest.raises(ConfigError, match=r"head.threshold: the head that fits has no such key .*: head=multiclass"):
        train(*words, "data.target=kind", "head.threshold=0.3")


@pytest.mark.parametrize(
    ("target", "monitor"),
    [("sick", "val/accuracy"), ("kind", "val/accuracy"), ("price", "val/loss"), ("[fever,cough]", "val/loss")],
)
def test_the_best_epoch_is_chosen_by_what_fits_the_head(train, rows, target, monitor):
    words = (*QUICK[2:], "data=csv", f"data.path={rows}", f"data.target={target}")
    cfg = train(*words, "callbacks.model_checkpoint.monitor=auto").cfg
    assert cfg.callbacks.model_checkpoint.monitor == monitor


def test_what_cannot_be_chosen_is_said_in_a_line_and_leaves_nothing(rows, tmp_path):
    for words, line in [
        (["data.target=none"], "data.target: rows.csv has no column 'none'"),
        ([], "data.target: needs the column to predict"),
        (["data.target=sick", "data.path=gone.csv"], "gone.csv: there is no such file"),
        (["data.target=a", "data.path=."], ".: is a folder; name a file in it: rows.csv"),
    ]:
        done = command(["src.train", *QUICK, *QUIET, *words, "runs_dir=runs"], tmp_path)
        assert (done.returncode, done.stdout) == (2, ""), done.stdout
        assert line in done.stderr
        assert not (tmp_path / "runs").exists()
