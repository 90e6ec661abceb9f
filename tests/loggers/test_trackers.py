"""What reaches trackers: read back from their own stores, and compared with the run's files."""

import csv
import json
import struct

import pytest

from tests.commands import run

WORDS = ["experiment=xor", "data.num_train=200", "trainer.max_epochs=2", "seed=0,1", "hydra.sweep.subdir=${seed}"]


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def records(content):
    """The records of a log in LevelDB's format, as Weights & Biases writes it after a header of 7 bytes."""
    place, record = 7, b""
    while place + 7 <= len(content):
        if 2**15 - place % 2**15 < 7:  # a block's rest that holds no header
            place += 2**15 - place % 2**15
            continue
        length, kind = struct.unpack("<HB", content[place + 4 : place + 7])
        record += content[place + 7 : place + 7 + length]
        place += 7 + length
        if kind in (1, 4):  # whole, or the last part
            yield record
            record = b""


def sent_to_wandb(folder):
    """The values of each key that a run of a folder keeps for Weights & Biases."""
    from wandb.proto.wandb_internal_pb2 import Record

    (path,) = folder.glob("wandb/offline-run-*/*.wandb")
    found = {}
    for record in records(path.read_bytes()):
        for item in Record.FromString(record).history.item:
            found.setdefault("/".join(item.nested_key) or item.key, []).append(json.loads(item.value_json))
    return found


@pytest.mark.cluster
@pytest.mark.parametrize(("launcher", "others"), [("basic", "mlflow"), ("vectorized", "")])
def test_curves_scores_and_figures_reach_every_tracker(tmp_path, launcher, others):
    pytest.importorskip("wandb")
    trackers = ["csv", "wandb", *others.split()]
    words = [*WORDS, f"logger=[{','.join(trackers)}]", "logger.wandb.offline=true", f"hydra/launcher={launcher}"]
    drawn = ["hydra.launcher.figures=true"] if launcher == "vectorized" else []
    done = run(["src.train", "-m", *words, *drawn, f"runs_dir={tmp_path}"])
    assert done.returncode == 0, done.stderr
    (sweep,) = (tmp_path / "xor" / "multirun").iterdir()
    for seed in (0, 1):
        folder = sweep / str(seed)
        losses = [float(row["val/loss"]) for row in rows_of(folder / "metrics.csv")]
        accuracy = json.loads((folder / "metrics.json").read_text())["test/accuracy"]
        table = rows_of(folder / "csv" / "metrics.csv")
        assert [float(row["val/loss"]) for row in table if row["val/loss"]] == pytest.approx(losses, rel=1e-5)
        assert float(table[-1]["test/accuracy"]) == pytest.approx(accuracy)
        sent = sent_to_wandb(folder)
        assert sent["val/loss"] == pytest.approx(losses, rel=1e-5)
        assert sent["test/accuracy"] == pytest.approx([accuracy])
        assert list(folder.glob("wandb/offline-run-*/files/media/images/boundary_*.png"))
        if "mlflow" in trackers:
            check_mlflow(tmp_path, seed, losses, accuracy)


def check_mlflow(runs_dir, seed, losses, accuracy):
    from mlflow.tracking import MlflowClient

    client = MlflowClient(f"sqlite:///{runs_dir}/mlflow.db")
    experiment = client.get_experiment_by_name("classification-lab")
    found = client.search_runs([experiment.experiment_id], f"params.seed = '{seed}'")
    (tracked,) = found
    assert [each.value for each in client.get_metric_history(tracked.info.run_id, "val/loss")] == pytest.approx(losses)
    assert tracked.data.metrics["test/accuracy"] == pytest.approx(accuracy)
    assert tracked.info.status == "FINISHED"
    assert "boundary.png" in {each.path for each in client.list_artifacts(tracked.info.run_id)}
    assert tracked.info.artifact_uri.startswith(f"{runs_dir}/mlflow/")


@pytest.mark.parametrize("name", ["wandb", "mlflow"])
def test_a_tracker_that_is_not_installed_is_named(tmp_path, name, monkeypatch):
    from src.building.loggers import make_loggers
    from src.errors import ConfigError
    from tests.conftest import compose_train

    logger = {"wandb": "wandb._WANDB_AVAILABLE", "mlflow": "mlflow._MLFLOW_AVAILABLE"}[name]
    monkeypatch.setattr(f"lightning.pytorch.loggers.{logger}", False)
    with pytest.raises(ConfigError, match=rf"^logger\.{name}: \w+ needs {name}[a-z-]*; pip install {name}"):
        make_loggers(compose_train(f"logger={name}"), tmp_path)


def test_a_tracker_that_cannot_be_reached_is_named_and_nothing_is_left(tmp_path):
    pytest.importorskip("mlflow")
    where = "logger.mlflow.tracking_uri=http://127.0.0.1:9"
    done = run(["src.train", "experiment=xor", "logger=mlflow", where, f"runs_dir={tmp_path}/runs"])
    assert done.returncode == 2
    assert "config error: logger.mlflow: MLFlowLogger cannot start (" in done.stderr.splitlines()[-1]
    assert not list(tmp_path.iterdir())
