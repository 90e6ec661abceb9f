"""The lab in Python: the same runs as the command line's, read back from their folders."""

import ast
import json
import logging
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
import torch

from src import lab
from src.errors import ConfigError
from src.lab import commands, held_run, project, trained_run, trained_sweep
from tests.commands import run as run_command
from tests.sandbox import ROOT, environment, make_sandbox

QUICK = "trainer.max_epochs=3", "callbacks.figures=null", "logger=none"


@pytest.fixture
def sandbox(tmp_path, monkeypatch):
    folder = make_sandbox(tmp_path)
    for module in (commands, held_run, project, trained_run, trained_sweep):
        monkeypatch.setattr(module, "PROJECT", folder)
    return folder


def test_a_call_trains_what_the_command_line_trains(sandbox):
    run = lab.train("xor", *QUICK, "network.hidden_dims=[8]", seed=3)
    words = ["experiment=xor", *QUICK, "network.hidden_dims=[8]", "seed=3"]
    assert run_command(["src.train", *words], sandbox, **environment(sandbox)).returncode == 0
    other = lab.open("latest")
    assert run.folder != other.folder
    for name in ("train/loss", "val/loss", "test/loss", "test/accuracy"):
        assert run.metrics[name] == pytest.approx(other.metrics[name], abs=1e-6)
    saved, theirs = ((each.folder / ".hydra" / "config.yaml").read_text() for each in (run, other))
    assert saved == theirs


def test_a_run_files_itself_and_names_its_folder_as_commands_do(sandbox):
    run = lab.train("xor", *QUICK)
    assert run.folder.parent == sandbox / "runs" / "xor"
    assert str(run) == f"runs/xor/{run.folder.name}"
    assert repr(run).startswith(f"<run runs/xor/{run.folder.name}: loss 0.")
    assert len(run.history) == 3
    assert run.cfg.trainer.max_epochs == 3


def test_a_call_without_an_experiment_begins_with_an_override(sandbox):
    run = lab.train("data=moons", *QUICK, "network.hidden_dims=[5]")
    assert run.folder.parent == sandbox / "runs" / "moons"
    assert lab.train(None, *QUICK).folder.parent == sandbox / "runs" / "xor"
    assert len(lab.sweep("data=moons", *QUICK, seed="0,1")) == 2


def test_probabilities_and_labels_follow_from_logits(sandbox):
    run = lab.train("xor", *QUICK)
    x = [[0.0, 1.0], [1.0, 1.0], [0.2, 0.1]]
    logits = run.logits(x)
    assert logits.shape == (3,)
    torch.testing.assert_close(run.probabilities(x)[:, 1], torch.sigmoid(logits))
    assert run.predict(x).tolist() == (logits >= 0).long().tolist()
    assert run.class_names == ("same", "different")


def test_raw_rows_are_scaled_as_training_scaled_them(sandbox):
    run = lab.train("moons_logistic", *QUICK)
    raw = run.datamodule.load().test.x
    with torch.no_grad():
        torch.testing.assert_close(run.logits(raw), run.head(run.datamodule.splits.test.x))
    columns = {"x1": raw[:, 0].tolist(), "x2": raw[:, 1].tolist()}
    torch.testing.assert_close(run.logits(columns), run.logits(raw))
    assert run.equation.startswith("boundary: x2 = ")


def test_every_figure_of_its_kind_is_there(sandbox):
    run = lab.train("xor", *QUICK)
    for plot in ("boundary", "confusion_matrix", "curves", "roc", "precision_recall", "calibration", "thresholds"):
        assert getattr(run, f"plot_{plot}")().axes, plot
    assert len(run.plot_hidden_units().axes) == 4
    assert lab.train("line", *QUICK).plot_fit().axes
    assert lab.train("digits", *QUICK).plot_predictions().axes


def test_linear_run_on_images_shows_its_weights_and_prints_no_equation(sandbox):
    run = lab.train("digits", *QUICK, "network.hidden_dims=[]")
    assert len([axis for axis in run.plot_weights().axes if axis.images]) == 10
    assert "largest score" not in (run.folder / "train.log").read_text()
    with pytest.raises(ConfigError, match=r"^plot_weights: needs images and a network without activations; set netw"):
        lab.train("xor", *QUICK).plot_weights()


def test_a_filmed_run_shows_its_movie(sandbox):
    run = lab.train("xor", "trainer.max_epochs=3", "logger=none", "callbacks=boundary_movie")
    movie = run.plot_movie()
    assert movie.path == run.folder / "plots" / "boundary.gif"
    assert movie._repr_html_().startswith('<img src="data:image/gif;base64,R0lGOD')
    with pytest.raises(ConfigError, match=r"^plot_movie: this run has no movie; train it with callbacks=boundary_"):
        lab.train("xor", *QUICK).plot_movie()


def test_what_a_run_has_not_is_one_line_that_names_it(sandbox):
    run = lab.train("digits", *QUICK)
    with pytest.raises(
        ConfigError, match=r"^plot_boundary: needs two inputs and classes \(got data of Digits\); see help"
    ):
        run.plot_boundary()
    with pytest.raises(ConfigError, match=r"^equation: a network with activations has none"):
        _ = run.equation
    with pytest.raises(ConfigError, match=r"^x: rows must be of shape \[N, 1, 8, 8\] \(got \[2, 64\]\); reshape them"):
        run.predict(torch.zeros(2, 64))
    with pytest.raises(ConfigError, match=r"^plot_hidden_units: needs two inputs \(got data of Digits\)"):
        run.plot_hidden_units()
    with pytest.raises(ConfigError, match=r"^layer: the network has 1 hidden layers \(got 2\); count from 1"):
        lab.train("xor", *QUICK).plot_hidden_units(layer=2)
    line = lab.train("line", *QUICK)
    assert "20 test rows of 1 input; Perceptron" in (line.folder / "train.log").read_text()
    with pytest.raises(ConfigError, match=r"^probabilities: RegressionHead predicts values; use predict\(x\)"):
        line.probabilities([[0.5]])


def test_a_mistake_is_raised_and_leaves_nothing_behind(sandbox):
    arguments, folder = sys.argv[:], Path.cwd()
    with pytest.raises(ConfigError, match=r"^data.nois: unknown key; did you mean data.noise\?$"):
        lab.train("xor", "data.nois=1")
    with pytest.raises(ConfigError, match=r"^data.noise: input should be greater than or equal to 0 \(got -1\)$"):
        lab.train("xor", "data.noise=-1")
    assert not (sandbox / "runs").exists()
    assert (sys.argv, Path.cwd()) == (arguments, folder)


def test_the_logging_of_the_process_is_left_alone(sandbox):
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    run = lab.train("xor", *QUICK)
    assert (root.handlers, root.level) == (handlers, level)
    assert "run folder: runs/xor/" in (run.folder / "train.log").read_text()


def test_evaluate_and_predict_file_are_the_commands(sandbox):
    run = lab.train("xor", *QUICK)
    results = run.evaluate("split=val", "threshold=0.3", "resamples=0")
    assert results["num_rows"] == 500
    assert json.loads((run.folder / "threshold.json").read_text())["thresholds"] == [0.3]
    assert run.head.thresholds == [0.3]
    (sandbox / "new.csv").write_text("x1,x2\n0,1\n1,1\n")
    answers = run.predict_file("new.csv", "answers.csv")
    assert answers == sandbox / "answers.csv"
    labels = [run.class_names[label] for label in run.predict([[0, 1], [1, 1]]).tolist()]
    assert [line.split(",")[2] for line in answers.read_text().splitlines()[1:]] == labels


def test_a_sweep_is_compared_and_each_of_its_runs_opened(sandbox):
    sweep = lab.sweep("xor", *QUICK, "data.noise=0.4,0.1", seed="range(0,3)")
    assert len(sweep) == 6
    title, _, head = repr(sweep).splitlines()[:3]
    assert title == "ranked by mean val/accuracy, reported on test/accuracy"
    assert head.split()[:2] == ["data.noise", "runs"]
    run = sweep[4]
    assert (run.cfg.seed, run.cfg.data.noise) == (1, 0.1)
    assert run.metrics == sweep.runs[4].metrics
    assert sweep.plot().axes
    titles = [axis.get_title().split("\n") for axis in sweep.plot_boundaries().axes]
    assert [title[0] for title in titles] == ["data.noise=0.4", "data.noise=0.1"]  # in the sweep's order
    scores = sorted(sweep.runs[number].metrics["test/accuracy"] for number in range(3))
    assert titles[0][2] == f"accuracy {scores[1]:.4f}"  # of the run in the middle
    assert [setting.values for setting in sweep.compare("test/loss").settings]
    assert "test/loss [95 %]" in repr(sweep.compare("test/loss"))


def test_a_sweep_shows_chosen_runs_and_how_each_went(sandbox):
    sweep = lab.sweep("xor", *QUICK, "data.noise=0.1,0.4", seed="range(0,2)")
    titles = [axis.get_title() for axis in sweep.plot_boundaries(runs=[3, 0]).axes]
    scores = [sweep.runs[number].metrics["test/accuracy"] for number in (3, 0)]
    assert titles == [
        f"data.noise=0.4\nseed 1\naccuracy {scores[0]:.4f}",
        f"data.noise=0.1\nseed 0\naccuracy {scores[1]:.4f}",
    ]
    figure = sweep.plot_curves("val/accuracy")
    histories = [[row["val/accuracy"] for row in sweep[number].history] for number in range(4)]
    assert [list(line.get_ydata()) for line in figure.axes[0].lines if len(line.get_ydata())] == histories
    assert [text.get_text() for text in figure.legends[0].texts] == ["data.noise=0.1", "data.noise=0.4"]
    with pytest.raises(ConfigError, match=r"^metric: these runs have no curve of 'val/r2'; choose from train/accuracy"):
        sweep.plot_curves("val/r2")
    with pytest.raises(ConfigError, match=r"^runs: should name a run to show \(got \[\]\); it has 0 to 3$"):
        sweep.plot_boundaries(runs=[])


def test_rows_are_those_that_predict_takes_and_that_were_measured(sandbox):
    run = lab.train("moons_logistic", *QUICK)
    x, y = run.rows()
    assert float((run.predict(x) == y).float().mean()) == pytest.approx(run.metrics["test/accuracy"])
    assert not torch.equal(x, run.datamodule.splits.test.x)  # which are scaled
    assert [len(run.rows(split).y) for split in ("train", "val", "test")] == [80, 80, 20]
    with pytest.raises(ConfigError, match=r"^split: should be one of train, val, test \(got 'tests'\)"):
        run.rows("tests")


def test_the_newest_run_needs_no_name(sandbox):
    with pytest.raises(ConfigError, match=r"^run: there is no run under runs/ yet; train one"):
        lab.latest()
    run = lab.train("xor", *QUICK)
    assert lab.latest().folder == run.folder


def test_experiments_and_options_are_listed_with_what_they_are():
    names = {record["experiment"]: record["what it is"] for record in lab.experiments()}
    assert names["and_gate"] == "A perceptron learns AND"
    assert {*names} == {path.stem for path in (ROOT / "conf" / "experiment").glob("*.yaml")}
    assert [record["optimizer"] for record in lab.options("optimizer")] == ["adam", "adamw", "sgd"]
    with pytest.raises(ConfigError, match=r"^group: there is no config group 'dat'; did you mean data\? choose from "):
        lab.options("dat")


def test_runs_and_sweeps_are_plain_records_too(sandbox):
    run = lab.train("xor", *QUICK)
    train, _, test = run.records()
    assert (train["split"], test["split"]) == ("train", "test")
    assert test["accuracy"] == run.metrics["test/accuracy"]
    sweep = lab.sweep("xor", *QUICK, "data.noise=0.1,0.4", seed="0,1")
    records = sweep.records()
    assert [(each["run"], each["data.noise"], each["seed"]) for each in records][1:3] == [(1, 0.1, 1), (2, 0.4, 0)]
    assert records[3]["test/loss"] == sweep.runs[3].metrics["test/loss"]
    means = {record["data.noise"]: record["mean"] for record in sweep.compare("test/loss").records()}
    assert means[0.1] == pytest.approx((records[0]["test/loss"] + records[1]["test/loss"]) / 2)


def test_boundaries_by_a_key_have_a_line_for_each_of_its_values(sandbox):
    sweep = lab.sweep("xor", *QUICK, "data.noise=0.1,0.4,0.2", seed="0,1")
    figure = sweep.plot_boundaries(by="seed")
    titles = [" ".join(axis.get_title().split("\n")[:2]) for axis in figure.axes]
    assert titles == [f"data.noise={noise} seed {seed}" for seed in (0, 1) for noise in (0.1, 0.4, 0.2)]
    assert figure.axes[0].get_gridspec().ncols == 3
    with pytest.raises(ConfigError, match=r"^by: runs already names the panels and their order \(got 'seed'\)"):
        sweep.plot_boundaries(runs=[0], by="seed")
    with pytest.raises(ConfigError, match=r"^group_by: no run has optimizer.l; did you mean optimizer.lr\?"):
        sweep.plot_boundaries(by="optimizer.l")


class Reader(HTMLParser):
    """What a browser would make of a page: its elements, and the text that it shows."""

    def __init__(self):
        super().__init__()
        self.elements, self.text = set(), ""

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)

    def handle_data(self, data):
        self.text += data


HOSTILE = "</script><img src=x onerror=alert(1)>"


def test_names_are_shown_in_a_notebook_and_nothing_in_them_runs(sandbox):
    rows = [f"{x},{HOSTILE if x % 2 else 'a & b'}" for x in range(40)]
    (sandbox / "odd.csv").write_text(f"<b>x,{HOSTILE} label\n" + "\n".join(rows) + "\n")
    table = ["data=csv", "data.path=odd.csv", "data.target=-1", *QUICK]
    folder = "hydra.run.dir='runs/<img src=x>'"
    run = lab.train(*table, folder)
    sweep = lab.sweep(*table, "data.keep=null,['<b>x']")
    shown = [run, run.records(), sweep, sweep.compare(), sweep.records()]
    for each in [*shown, lab.Records([{HOSTILE: HOSTILE}])]:
        page = Reader()
        page.feed(each._repr_html_())
        assert page.elements <= {"table", "caption", "thead", "tbody", "tr", "th", "td", "p"}
    assert page.text == HOSTILE * 2
    assert "runs/<img src=x>, 3 epochs" in text_of(run)
    assert "data.keep" in text_of(sweep)


def text_of(shown):
    page = Reader()
    page.feed(shown._repr_html_())
    return page.text


def test_a_script_that_is_checked_for_its_types_uses_every_public_name():
    script = (Path(__file__).parent / "every_name.py").read_text()
    used = {node.attr for node in ast.walk(ast.parse(script)) if isinstance(node, ast.Attribute)}
    kinds = lab.TrainedRun, lab.TrainedSweep, lab.TrainedSearch
    public = {name for each in kinds for name in dir(each) if not name.startswith("_")}
    assert used >= {*lab.__all__, *public, "folder", "runs"}


def test_a_replay_is_shown_in_a_frame_with_a_picture_beside_it(sandbox):
    replay = lab.train("xor", *QUICK, "data.num_train=100").save_replay("page.html")
    assert replay.path == sandbox / "page.html"
    html = replay._repr_html_()
    assert html.startswith('<iframe srcdoc="&lt;!doctype html&gt;')
    assert 'sandbox="allow-scripts allow-downloads"' in html
    assert '<img src="data:image/png;base64,' in html
    with pytest.raises(ConfigError, match=r"^output: page.html already exists"):
        lab.open("latest").save_replay("page.html")


def test_the_replay_of_a_callback_is_shown_as_it_is(sandbox):
    run = lab.train("xor", *QUICK, "data.num_train=100", "callbacks=replay")
    page = run.folder / "export" / "replay.html"
    before = page.read_bytes()
    page.write_bytes(before + b"<!-- as it is -->")
    assert run.save_replay().path.read_bytes() == before + b"<!-- as it is -->"
    assert run.save_replay(force=True).path.read_bytes() == before


def test_playing_needs_a_notebook():
    with pytest.raises(ConfigError, match=r"^lab.play: needs a notebook; elsewhere, python -m src.play opens the page"):
        lab.play()
