"""A run's folder as an object: where its files are, and that no other code knows."""

import ast
import os
from pathlib import Path

import pytest

from src.errors import ConfigError
from src.storage.finding import latest_sweep
from src.storage.folders import EvaluationFolder, RunFolder, SweepFolder

SRC = Path(__file__).parents[2] / "src"
FILES = (
    *("run.json", "config.yaml", "overrides.yaml", "hydra.yaml", "train.log"),
    *(
        "metrics.json",
        "metrics.csv",
        "threshold.json",
        "calibration.json",
        "baselines.json",
        "best.ckpt",
        "last.ckpt",
        "boundary.gif",
    ),
    *("sweep.json", "multirun.yaml", "failures.txt", "stack.ckpt"),
)
FOLDERS = {".hydra", "checkpoints", "plots", "tensorboard", "export", "evaluation"}
COMMANDS_AND_KINDS = {"export", "evaluation"}  # are words as well, where no path is made of them


def docstrings(tree):
    return {
        node.value for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def keys(tree):
    """What is asked of a mapping by `get`, or is a member of a set: a setting's name, and no path."""
    asked = [
        node.args
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get"
    ]
    sets = [node.elts for node in ast.walk(tree) if isinstance(node, ast.Set)]
    return {value for values in (*asked, *sets) for value in values}


def names_in(code):
    """The literals of some code that name a file or a folder of a run or a sweep."""
    tree = ast.parse(code)
    skipped = docstrings(tree) | keys(tree)
    in_paths = {side for node in ast.walk(tree) if isinstance(node, ast.BinOp) for side in (node.left, node.right)}
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or node in skipped:
            continue
        folders = FOLDERS & set(node.value.split("/"))
        if node not in in_paths and "/" not in node.value:
            folders -= COMMANDS_AND_KINDS
        if folders or any(name in node.value for name in FILES):
            found.append(node.value)
    return found


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('path = folder / "metrics.json"', ["metrics.json"]),
        ('print(f"{sweep}/failures.txt")', ["/failures.txt"]),
        ('folder.glob("*/.hydra/*")', ["*/.hydra/*"]),
        ('Path(root, "plots")', ["plots"]),
        ('folder / "export" / name', ["export"]),
        ('folder / cfg.get("plots")', []),
        ('command("export", export)', []),
        ('def f():\n    """Reads `metrics.json`."""', []),
        ('"the checkpoints of this run"  # in best.ckpt', []),
    ],
)
def test_names_are_found_in_code(code, found):
    assert names_in(code) == found


def test_names_of_a_runs_files_stand_in_one_module():
    with_names = {str(path.relative_to(SRC)): names_in(path.read_text()) for path in SRC.rglob("*.py")}
    assert [path for path, names in with_names.items() if names] == ["storage/folders.py"]


def test_files_are_where_earlier_versions_have_written_them():
    run, sweep = RunFolder(Path("a")), SweepFolder(Path("a"))
    expected = {
        run.mark: "a/run.json",
        run.config: "a/.hydra/config.yaml",
        run.overrides: "a/.hydra/overrides.yaml",
        run.hydra_config: "a/.hydra/hydra.yaml",
        run.log: "a/train.log",
        run.metrics: "a/metrics.json",
        run.history: "a/metrics.csv",
        run.threshold: "a/threshold.json",
        run.calibration: "a/calibration.json",
        run.baselines: "a/baselines.json",
        run.best_checkpoint: "a/checkpoints/best.ckpt",
        run.last_checkpoint: "a/checkpoints/last.ckpt",
        run.movie(): "a/plots/boundary.gif",
        run.movie(60): "a/plots/boundary_from_epoch00060.gif",
        run.tensorboard: "a/tensorboard",
        run.board: "a/tensorboard.json",
        run.export: "a/export",
        run.evaluation(): "a/evaluation",
        run.evaluation("val", "data.noise=0.3"): "a/evaluation_val_data.noise=0.3",
        EvaluationFolder(run.evaluation()).metrics: "a/evaluation/metrics.json",
        sweep.mark: "a/sweep.json",
        sweep.overrides: "a/multirun.yaml",
        sweep.failures: "a/failures.txt",
        sweep.tensorboard: "a/tensorboard",
        sweep.baselines: "a/baselines.json",
        sweep.stack_checkpoint: "a/stack.ckpt",
    }
    assert [str(path) for path in expected] == list(expected.values())


def test_sweep_knows_its_runs(tmp_path):
    for name in ("0", "1", "plots"):
        (tmp_path / name / ".hydra").mkdir(parents=True)
    for name in ("0", "1"):
        (tmp_path / name / ".hydra" / "overrides.yaml").write_text("[]")
    (tmp_path / "1" / "metrics.json").write_text("{}")
    assert {run.path.name: run.finished for run in SweepFolder(tmp_path).runs} == {"0": False, "1": True}


def test_latest_is_the_newest_sweep(tmp_path):
    for name in ("older", "newer"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "multirun.yaml").write_text("")
    os.utime(tmp_path / "older" / "multirun.yaml", (0, 0))
    assert latest_sweep(tmp_path) == tmp_path / "newer"
    with pytest.raises(ConfigError, match=r"there is no sweep under .*/older/ yet"):
        latest_sweep(tmp_path / "newer" / "older")
