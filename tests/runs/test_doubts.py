"""What is allowed but rarely meant is reported once, in one line; what is ordinary is not."""

import csv
import random
from pathlib import Path

import pytest
import torch

from src.building.making import make
from src.data.rows import Rows, Splits
from src.runs.doubts import doubts, twins
from tests.command.place import QUICK, give
from tests.conftest import compose_train
from tests.sandbox import REAL_DATA

EXPERIMENTS = sorted(path.stem for path in (Path(__file__).parents[2] / "conf" / "experiment").glob("*.yaml"))
REAL_TABLES = sorted(path.stem for path in REAL_DATA.glob("tables/*.csv")) if REAL_DATA else ["none"]
SPLIT_BY_SEED = {"iris", "wine", "breast_cancer", "digits", "moons", "blobs"}
ELSEWHERE = {"transfer", "table", *(name for name in EXPERIMENTS if name.startswith("fashion") and REAL_DATA is None)}


def kinds(*words):
    cfg = compose_train(*words)
    return [kind for kind, _ in doubts(cfg, make(cfg, "data"))]


@pytest.mark.parametrize("name", [name for name in EXPERIMENTS if name not in ELSEWHERE])
def test_nothing_is_said_of_the_ready_experiments(name):
    for seed in (0, 1, 2) if name in SPLIT_BY_SEED else (0,):
        assert kinds(f"experiment={name}", f"seed={seed}", f"data_dir={REAL_DATA}") == []


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (["callbacks.model_checkpoint.monitor=train/loss"], "model_checkpoint.monitor"),
        (["callbacks.early_stopping.monitor=train/accuracy"], "early_stopping.monitor"),
        (["data.label_noise=0.5"], "label_noise"),
        (["data.label_noise=1.0"], "label_noise"),
        (["data=blobs", "data.label_noise=0.75"], "label_noise"),
        (["data.num_test=1"], "one row in test"),
        (["data.num_val=1"], "one row in val"),
        (["data=blobs", "data.num_samples=10", "data.stratify=false"], "absent from test"),
    ],
)
def test_what_is_doubtful_is_said(words, kind):
    assert kind in kinds(*words)


@pytest.mark.parametrize(
    "words",
    [
        ["data.label_noise=0.49"],
        ["data=blobs", "data.label_noise=0.7"],
        ["data.num_test=2"],
        ["callbacks.early_stopping=null", "callbacks.model_checkpoint=null"],
        ["data=table", "data.name=digits"],
    ],
)
def test_what_is_beside_it_is_not(words):
    assert kinds(*words) == []


def rows(count=100, seed=0, **columns):
    """Lines of a table of two numbers and a target; more columns are functions of the row's number and its target."""
    stream = random.Random(seed)
    lines = [",".join(["a", "b", *columns, "y"])]
    for number in range(count):
        a, b = stream.gauss(0, 1), stream.gauss(0, 1)
        y = "yes" if a > b else "no"
        lines.append(",".join([f"{a:.3f}", f"{b:.3f}", *(str(make(number, y)) for make in columns.values()), y]))
    return lines


TABLES = {
    "a constant": (rows(c=lambda n, y: 7), ["constant"]),
    "an empty column": (rows(c=lambda n, y: ""), ["constant"]),
    "the number of a row": (rows(n=lambda n, y: n), ["left out: it counts the rows"]),
    "the number of a row from one": (rows(n=lambda n, y: n + 1), ["left out: it counts the rows"]),
    "the number of a row, in another order": (rows(n=lambda n, y: 37 * n % 100), ["id"]),
    "the number of a row from one, in another order": (rows(n=lambda n, y: 37 * n % 100 + 1), ["id"]),
    "years": (rows(n=lambda n, y: 1900 + n), []),
    "nearly the number of a row": (rows(n=lambda n, y: n if n != 50 else 51), []),
    "the number of a row but for a gap": (rows(n=lambda n, y: n if n < 50 else n + 1), []),
    "a number by its name": (
        rows(patient_id=lambda n, y: 7919 * n % 1009),
        ["left out: a different number in each row, like an id"],
    ),
    "a name in each row": (rows(name=lambda n, y: f"person {n}"), ["left out: text that hardly ever repeats"]),
    "the target": (rows(z=lambda n, y: y), ["target"]),
    "the target in other words": (rows(z=lambda n, y: int(y == "yes")), ["target"]),
    "an ordinary column": (rows(z=lambda n, y: n % 10), []),
    "whole numbers, each once": (rows(income=lambda n, y: 7919 * n % 1009), []),
    "a name that recurs": (rows(name=lambda n, y: f"person {n // 2}"), []),
    "nearly the target": (rows(z=lambda n, y: y if n != 50 else "no" if y == "yes" else "yes"), []),
    "too few rows to tell": (rows(19, c=lambda n, y: 7), []),
    "all rows twice": (rows() + rows()[1:], ["twins"]),
    "one row twice": (rows() + rows()[1:2], []),
    "answers from 1 to 5": (
        ["a,b,c,d,y", *(f"{n % 5},{n % 4},{n % 3},{n % 2},{'yes' if n % 7 < 3 else 'no'}" for n in range(300))],
        [],
    ),
    "few values": (["a,b,y", *(f"{n % 2},{n % 3},{'yes' if n % 5 < 2 else 'no'}" for n in range(200))], []),
}


@pytest.mark.parametrize("case", TABLES)
def test_columns_and_rows_of_a_table(case, tmp_path):
    lines, expected = TABLES[case]
    (tmp_path / "rows.csv").write_text("\n".join(lines))
    assert kinds("data=csv", f"data.path={tmp_path / 'rows.csv'}", "data.target=y") == expected


def test_a_column_with_the_target_of_a_regression(tmp_path):
    lines = ["a,b,y", *(f"{n % 7},{n * n % 31}.0,{n * n % 31}" for n in range(40))]
    (tmp_path / "rows.csv").write_text("\n".join(lines))
    words = ["data=csv", f"data.path={tmp_path / 'rows.csv'}", "data.target=y", "data.task=regression"]
    assert kinds(*words, "head=regression") == ["target"]


TARGETS = {"penguins": "species", "mpg": "mpg", "tips": "tip", "horse-colic": "c23"}
NUMBERS = {"mpg", "tips", "abalone", "housing", "auto_imports"}
TRUE_OF_THEM = {
    "ionosphere": ["constant"],  # its second column
    "winequality-red": ["twins"],  # 240 rows twice
    "breast-cancer": ["reading"],  # quoted by apostrophes
    "mpg": ["left out: text that hardly ever repeats"],  # names of cars
}


@pytest.mark.skipif(REAL_DATA is None, reason="needs the public tables, which are not part of the project")
@pytest.mark.parametrize("name", REAL_TABLES)
def test_nothing_false_is_said_of_public_tables(name, tmp_path):
    with (REAL_DATA / "tables" / f"{name}.csv").open(newline="") as file:
        lines = list(csv.reader(file))
    if name not in {"penguins", "mpg", "tips"}:
        lines = [[f"c{number}" for number in range(len(lines[0]))], *lines]
    with (tmp_path / "rows.csv").open("w", newline="") as file:
        csv.writer(file).writerows(lines)
    words = ["data=csv", f"data.path={tmp_path / 'rows.csv'}", f"data.target={TARGETS.get(name, lines[0][-1])}"]
    found = kinds(*words, *(["data.task=regression"] if name in NUMBERS else []))
    assert [kind for kind in found if kind != "positive"] == TRUE_OF_THEM.get(name, [])


def test_twins_are_those_of_numpy():
    stream = torch.Generator().manual_seed(0)
    x, y = torch.rand(400, 3, generator=stream), torch.randint(0, 2, (400,), generator=stream)
    x[300:340], y[300:340] = x[:40], y[:40]
    y[300:310] = 1 - y[:10]
    splits = Splits(Rows(x[:200], y[:200]), Rows(x[200:300], y[200:300]), Rows(x[300:], y[300:]))
    train = {(*row.tolist(), label.item()) for row, label in zip(*splits.train, strict=True)}
    assert (
        twins(splits)
        == sum((*row.tolist(), int(label)) in train for row, label in zip(*splits.test, strict=True))
        == 30
    )
    x[300:340, 1] *= -1  # another row by the sign of one number alone
    assert twins(splits) == 0
    x[300:340, 1] *= -1
    images = Splits(*(Rows((x * 255).byte().repeat(1, 5).view(-1, 1, 3, 5), y) for x, y in splits))
    assert twins(images) == 30


@pytest.mark.parametrize("launcher", ["basic", "vectorized"])
def test_a_sweep_says_it_once_on_stderr(launcher, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    words = ["-m", *QUICK, f"hydra/launcher={launcher}", "seed=0,1,2", "data.label_noise=0.5"]
    assert give("train", [*words, "callbacks.progress_bar=null"]) == 0
    printed = capfd.readouterr()
    assert [line.partition(":")[0] for line in printed.err.splitlines() if "label_noise" in line] == ["warning"]
    assert "there is nothing to learn" not in printed.out
