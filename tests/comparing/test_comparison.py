"""Sweeps read from their folders and compared, against SciPy's intervals and means worked by hand."""

import csv
import json
import statistics
import subprocess
import sys
import time

import pytest
from scipy import stats

from src.comparing.comparison import Comparison
from src.comparing.reading import plain, read_runs
from src.comparing.report import percent
from src.comparing.settings import known_metric, settings, smaller_is_better, varying_keys
from src.errors import ConfigError
from src.plots.comparison import Point, comparison_figure
from tests.commands import ROOT, run

CONFIG = """seed: 0
solved:
  metric: test/accuracy
head:
  _target_: src.heads.binary.BinaryHead
data:
  noise: 0.1
  seed: ${seed}
network:
  hidden_dims:
  - 4
"""
HYDRA = "hydra:\n  runtime:\n    choices:\n      network: mlp\n"


def make_run(folder, overrides, metrics):
    (folder / ".hydra").mkdir(parents=True)
    (folder / ".hydra" / "overrides.yaml").write_text("".join(f"- {override}\n" for override in overrides))
    (folder / ".hydra" / "config.yaml").write_text(CONFIG)
    (folder / ".hydra" / "hydra.yaml").write_text(HYDRA)
    if metrics is not None:
        (folder / "metrics.json").write_text(json.dumps({"fit_seconds": 2.0, "solved": None, **metrics}))


@pytest.fixture
def sweep(tmp_path):
    """Three noises of four seeds; two runs have not finished."""
    folder = tmp_path / "sweep"
    number = 0
    for noise in (0.1, 0.2, 0.5):
        for seed in range(4):
            accuracy = 1 - noise * (seed + 1) / 10
            finished = {"test/accuracy": accuracy, "test/loss": 1 - accuracy, "solved": accuracy > 0.9}
            metrics = None if (noise, seed) in ((0.5, 3), (0.2, 0)) else finished
            make_run(folder / str(number), ["experiment=xor", f"data.noise={noise}", f"seed={seed}"], metrics)
            number += 1
    (folder / "multirun.yaml").write_text("")
    return folder


def compare(*words):
    return run(["src.compare", *words])


def test_settings_are_what_varies_apart_from_seeds_and_the_best_comes_first(sweep):
    runs = read_runs([sweep])
    assert varying_keys(runs) == ["data.noise"]
    rows = settings(runs, ["data.noise"], known_metric(runs, None))
    assert [row.values for row in rows] == [(0.1,), (0.2,), (0.5,)]
    assert [len(row.finished) for row in rows] == [4, 3, 3]
    assert rows[0].mean == pytest.approx(0.975)
    assert rows[2].mean == pytest.approx(statistics.fmean([0.95, 0.9, 0.85]))
    assert [row.num_solved for row in rows] == [4, 3, 1]
    assert rows[2].success_rate == pytest.approx(1 / 3)
    worst_first = settings(runs, ["data.noise"], "test/loss")
    assert [row.values for row in worst_first] == [(0.1,), (0.2,), (0.5,)]
    assert smaller_is_better("test/loss")
    assert not smaller_is_better("test/accuracy")


def test_table_shows_means_intervals_success_and_what_is_unfinished(sweep):
    runs = read_runs([sweep])
    rows = settings(runs, ["data.noise"], "test/accuracy")
    parts = str(Comparison(rows, ["data.noise"], "test/accuracy")).split("\n\n")
    (head, *lines), (second_head, *second) = (part.splitlines() for part in parts[1:3])
    assert head.split() == ["data.noise", "runs", "unfinished", "test/accuracy", "[95", "%]", "solved", "[95", "%]"]
    assert second_head.split() == ["data.noise", "seconds"]
    low, high = stats.t.interval(0.95, 2, loc=0.9, scale=stats.sem([0.95, 0.9, 0.85]))
    fewest, most = stats.binomtest(1, 3).proportion_ci(method="wilson")
    mean, share = (
        ["0.9000", f"[{low:.4f},", f"{min(high, 1):.4f}]"],
        ["33%", "(1/3)", f"[{fewest:.0%},", f"{most:.0%}]"],
    )
    assert lines[2].split() == ["0.5", "3", "1", *mean, *share]
    assert second[2].split() == ["0.5", "2.00"]


def test_command_writes_table_document_and_picture_without_torch(sweep):
    code = "import sys, runpy; sys.modules['torch'] = None; runpy.run_module('src.compare', run_name='__main__')"
    words = [sys.executable, "-c", code, f"sweep={sweep}", "boundaries=0"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    document = json.loads((sweep / "compare.json").read_text())
    assert (document["metric"], document["group_by"]) == ("test/accuracy", ["data.noise"])
    with (sweep / "compare.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["mean"]) for row in rows] == [setting["mean"] for setting in document["settings"]]
    assert (sweep / "compare.png").read_bytes().startswith(b"\x89PNG")
    cells = (sweep / "compare.md").read_text().splitlines()[2].split(" | ")
    assert [cells[0], cells[3][:6]] == ["| 0.1", "0.9750"]
    assert (sweep / "compare.tex").read_text().splitlines()[4].startswith(r"0.1 & 4 & 0 & 0.9750 [")


def test_single_runs_are_compared_by_keys_that_only_one_of_them_sets(tmp_path):
    make_run(tmp_path / "a", ["seed=1"], {"test/accuracy": 0.9})
    make_run(tmp_path / "b", ["data.noise=0.3", "network=mlp", "network.hidden_dims=[8,8]"], {"test/accuracy": 0.8})
    runs = read_runs([tmp_path / "a", tmp_path / "b"])
    assert varying_keys(runs) == ["data.noise", "network.hidden_dims"]
    assert [run.value("network.hidden_dims") for run in runs] == [(4,), (8, 8)]
    assert [run.value("data.seed") for run in runs] == [1, 0]


def test_a_thousand_runs_are_read_in_a_second_or_two(tmp_path):
    for number in range(1000):
        overrides = ["experiment=xor", f"optimizer.lr={0.01 * (number % 4 + 1)}", f"seed={number // 4}"]
        make_run(tmp_path / str(number), overrides, {"test/accuracy": number / 1000})
    start = time.process_time()  # of this process alone, however busy the machine is
    runs = read_runs([tmp_path])
    rows = settings(runs, varying_keys(runs), known_metric(runs, None))
    assert time.process_time() - start < 5
    assert [len(row.finished) for row in rows] == [250] * 4


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["sweep={empty}"], "sweep: {empty} holds no runs; give the folder of a sweep or of a run, or sweep=latest"),
        (
            ["sweep=latest", "runs_dir={empty}"],
            "sweep: there is no sweep under {empty}/ yet; run one with -m, or set runs_dir",
        ),
        (
            ["sweep={sweep}", "metric=test/acc"],
            "metric: these runs have no 'test/acc'; did you mean test/accuracy?",
        ),
        (["sweep={sweep}", "group_by=[data.nois]"], "group_by: no run has data.nois; did you mean data.noise?"),
        (["sweep={sweep}", "boundaries=-1"], "boundaries: input should be greater than or equal to 0 (got -1)"),
        (["swep=latest"], "swep: unknown key; did you mean sweep?"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(words, line, sweep, tmp_path):
    (tmp_path / "empty").mkdir()
    names = {"empty": tmp_path / "empty", "sweep": sweep}
    done = compare(*(word.format(**names) for word in words))
    assert done.stderr.strip() == f"config error: {line.format(**names)}"
    assert done.returncode == 2
    assert not list((tmp_path / "empty").iterdir())


def test_a_sweep_without_a_finished_run_names_the_command_that_goes_on(tmp_path):
    make_run(tmp_path / "0", ["seed=0"], None)
    with pytest.raises(ConfigError, match=r"none of the 1 runs in .* has finished; resume with: .* sweep_resume="):
        read_runs([tmp_path])


@pytest.mark.parametrize(
    ("text", "value"),
    [("3", 3), ("1e-3", 0.001), ("true", True), ("null", None), ("[16,8]", (16, 8)), ("relu", "relu"), ("[]", ())],
)
def test_values_of_overrides(text, value):
    assert plain(text) == value


@pytest.mark.parametrize(
    ("share", "text"), [(0.0, "0%"), (1 / 256, "1%"), (0.82, "82%"), (255 / 256, "99%"), (1.0, "100%")]
)
def test_only_all_are_100_percent(share, text):
    assert percent(share) == text


@pytest.mark.parametrize(
    ("keys", "values", "kind"),
    [
        (["optimizer.lr"], [(0.001,), (0.1,)], "line"),
        (["a", "b"], [(1, "x"), (1, "y"), (2, "x"), (2, "y")], "image"),
        (["network.activation"], [("relu",), ("tanh",)], "rows"),
        ([], [()], "rows"),
    ],
)
def test_figure_suits_what_was_swept(keys, values, kind):
    points = [
        Point(value, 0.1 * i, (0.1 * i - 0.01, 0.1 * i + 0.01), [0.1 * i - 0.01, 0.1 * i + 0.01])
        for i, value in enumerate(values)
    ]
    axis = comparison_figure(points, keys, "test/loss").axes[0]
    assert bool(axis.images) == (kind == "image")
    if kind == "line":
        assert axis.get_xscale() == "log"
        assert [float(x) for x in axis.lines[-1].get_xdata()] == [0.001, 0.1]
    if kind == "rows":
        assert len(axis.get_yticklabels()) == len(values)


def test_heat_map_orders_numbers_by_size_and_lists_by_length():
    widths, rates = [(), (8,), (16,), (8, 8), (8, 8, 8)], [0.1, 3, 10]
    points = [Point((width, rate), 0.5, None, [0.5]) for width in reversed(widths) for rate in rates]
    axis = comparison_figure(points, ["network.hidden_dims", "optimizer.lr"], "test/accuracy").axes[0]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["[]", "[8]", "[16]", "[8,8]", "[8,8,8]"]
    assert [label.get_text() for label in axis.get_xticklabels()] == ["0.1", "3", "10"]
