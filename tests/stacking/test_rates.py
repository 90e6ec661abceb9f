"""`optimizer.lr=auto`: rates tried in a stack, against runs alone, a closed form, and the number written by hand."""

import csv
import json
import math
from itertools import pairwise

import pytest
import torch
from omegaconf import OmegaConf

from src.errors import ConfigError
from src.stacking import starting
from src.stacking.rates import Curve, Tried, grid, try_rates
from src.storage.folders import RunFolder
from tests.commands import run
from tests.conftest import trained
from tests.stacking.conftest import composed

XOR = (
    *("experiment=xor", "data.num_train=200", "data.num_val=50", "data.num_test=50", "data.batch_size=16"),
    *("trainer.max_epochs=20", "network.dropout=0.2", "trainer.accelerator=cpu"),
)
LINE = (
    *("experiment=line", "data.num_samples=80", "data.val_fraction=0.2", "data.standardize=true"),
    *("data.batch_size=null", "trainer.accelerator=cpu"),
)
DIGITS = "experiment=digits", "data.classes=[3,4]", "network.hidden_dims=[8]", "trainer.accelerator=cpu"


def curve_of(*overrides, folder):
    return try_rates(OmegaConf.to_container(composed([*overrides, "optimizer.lr=auto"]), resolve=True), folder)


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("problem", [XOR, (*XOR, "optimizer=adam"), DIGITS])
def test_each_rate_leads_where_a_run_alone_with_it_is_after_as_many_epochs(problem, tmp_path):
    curve = curve_of(*problem, "scheduler=none", folder=tmp_path)
    assert len(curve.tried) == 32
    for place in (0, 14, 22):
        rate, _, val_loss = curve.tried[place]
        words = *problem, "scheduler=none", f"optimizer.lr={rate}", f"trainer.max_epochs={curve.epochs}"
        alone = trained(composed(words), tmp_path / str(place))
        assert float(rows(alone.folder / "metrics.csv")[-1]["val/loss"]) == pytest.approx(val_loss, rel=2e-4)


def test_no_rate_beyond_the_threshold_of_gradient_descent_is_chosen(tmp_path):
    """On a quadratic loss, steps of more than 2 / (largest eigenvalue of its Hessian) grow forever."""
    curve = curve_of(*LINE, folder=tmp_path)
    x, _ = trained(composed([*LINE, "trainer.max_epochs=1"]), tmp_path / "run").parts.datamodule.splits.train
    inputs = torch.cat([x, torch.ones(len(x), 1)], dim=1)
    threshold = 2 / torch.linalg.eigvalsh(2 / len(x) * inputs.T @ inputs).max().item()
    beyond = [each for each in curve.tried if each.rate > 1.05 * threshold]
    assert len(beyond) > 3
    assert all(each.diverged or each.val_loss > curve.untrained for each in beyond)
    assert threshold / 1000 < curve.chosen.rate < threshold


def test_of_many_rows_the_first_that_the_run_sees_are_tried(tmp_path):
    curve = curve_of(*XOR, "data.num_train=3200", "data.batch_size=16", folder=tmp_path)
    assert (curve.epochs, curve.steps) == (1, 100)
    assert curve.lowest.val_loss < 0.9 * curve.untrained


def test_the_smallest_rate_with_nine_tenths_of_the_fall_is_chosen():
    losses = {1e-5: 2.0, 0.01: 1.2, 0.1: 1.09, 1.0: 1.0, 10.0: math.nan}
    curve = Curve([Tried(rate, loss, loss) for rate, loss in losses.items()], 5, 100)
    assert (curve.untrained, curve.lowest.rate, curve.chosen.rate) == (2.0, 1.0, 0.1)


def test_a_fall_that_never_comes_chooses_the_smallest_and_nothing_finite_is_a_line():
    level = Curve([Tried(rate, 0.5, 0.5) for rate in (0.1, 1.0)], 5, 100)
    assert level.chosen.rate == 0.1
    lost = Curve([Tried(rate, math.nan, math.nan) for rate in (0.1, 1.0)], 5, 100)
    with pytest.raises(ConfigError, match=r"NaN or infinite with every rate from 0\.1 to 1"):
        _ = lost.chosen


def test_the_grid_is_logarithmic_and_ends_where_the_optimizer_makes_sense():
    for optimizer, highest in (("torch.optim.SGD", 10), ("torch.optim.AdamW", 1)):
        rates = grid(optimizer)
        ratios = [b / a for a, b in pairwise(rates)]
        assert (rates[0], rates[-1]) == (1e-5, highest)
        assert max(ratios) / min(ratios) < 1.01  # rounded to three digits
    assert min(grid("torch.optim.SGD", lowest=0.01)) == 0.01
    with pytest.raises(ConfigError, match=r"scheduler.eta_min: optimizer.lr=auto tries rates up to 1 \(got 2\)"):
        grid("torch.optim.Adam", lowest=2)


def test_test_rows_have_no_part_in_the_choice(tmp_path):
    def table(name, height):
        path = tmp_path / name
        cells = [(row % 7 + row / 80, "rs"[row % 3 > 0], ("train", "val", "test")[row % 5 % 3]) for row in range(80)]
        lines = [f"{height if part == 'test' else x},{y},{part}" for x, y, part in cells]
        path.write_text("\n".join(["x,y,part", *lines]))
        return [f"data.path={path}", "data=csv", "data.target=y", "data.split_column=part", "network.hidden_dims=[4]"]

    one, other = (curve_of(*table(f"{height}.csv", height), folder=tmp_path) for height in (3, -7))
    assert one == other


def test_a_run_with_the_number_written_by_hand_is_the_same_to_the_last_bit(tmp_path):
    chosen, by_hand = tmp_path / "chosen", tmp_path / "by_hand"
    cfg = composed([*XOR, "optimizer.lr=auto"])
    for folder in (chosen, by_hand):
        folder.mkdir()
        starting.train(cfg, folder)  # the second time with the number that the first has put there
    assert isinstance(cfg.optimizer.lr, float)
    assert (chosen / "metrics.csv").read_bytes() == (by_hand / "metrics.csv").read_bytes()
    weights = [torch.load(RunFolder(folder).best_checkpoint)["state_dict"] for folder in (chosen, by_hand)]
    assert weights[0].keys() == weights[1].keys()
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    metrics = [json.loads((folder / "metrics.json").read_text()) | {"fit_seconds": 0} for folder in (chosen, by_hand)]
    assert metrics[0] == metrics[1]
    assert not RunFolder(by_hand).rates.exists()


def test_a_run_says_its_rate_and_keeps_it(tmp_path):
    words = [*XOR, "logger=none", "optimizer.lr=auto", "scheduler=onecycle", "hydra.run.dir=run"]
    done = run(["src.train", *words], tmp_path)
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("optimizer.lr=auto chose "))
    folder = RunFolder(tmp_path / "run")
    rate = OmegaConf.load(folder.config).optimizer.lr
    assert f"chose {rate:g}: in 104 steps val/loss fell from " in line
    assert OmegaConf.load(folder.config).scheduler.max_lr == rate
    assert "optimizer.lr=auto" in OmegaConf.load(folder.overrides)
    table = rows(folder.rates)
    assert [float(row["lr"]) for row in table] == grid("torch.optim.SGD")
    assert {(row["epoch"], row["step"]) for row in table} == {("8", "104")}  # of 13 minibatches
    assert (folder.plots / "learning_rates.png").exists()
    resumed = run(["src.train", "resume=run", "trainer.max_epochs=22", "scheduler=null"], tmp_path)
    assert resumed.returncode == 2  # a group cannot change
    assert run(["src.evaluate", "run=run"], tmp_path).returncode == 0


def test_runs_of_a_sweep_choose_their_own_and_are_compared_as_one_setting(tmp_path):
    quick = *XOR, "logger=none", "callbacks.figures=null", "optimizer.lr=auto", "hydra.sweep.dir=sweep"
    done = run(["src.train", "-m", *quick, "seed=0,1", "hydra/launcher=vectorized"], tmp_path)
    assert "one by one: optimizer.lr=auto is chosen by each run" in done.stdout
    folders = [RunFolder(tmp_path / "sweep" / str(number)) for number in (0, 1)]
    curves = [rows(folder.rates) for folder in folders]
    assert curves[0] != curves[1]
    before = [folder.config.read_text() for folder in folders]
    again = run(["src.train", "sweep_resume=sweep"], tmp_path)
    assert "different settings" not in again.stderr
    assert [folder.config.read_text() for folder in folders] == before
    compared = run(["src.compare", "sweep=sweep"], tmp_path)
    assert "over 2 independently generated data sets" in compared.stdout  # one row


def test_a_begun_run_of_a_sweep_goes_on_with_its_rate(tmp_path):
    quick = *XOR, "logger=none", "callbacks.figures=null", "optimizer.lr=auto", "hydra.sweep.dir=sweep"
    assert run(["src.train", "-m", *quick, "seed=0,1"], tmp_path).returncode == 0
    folder = RunFolder(tmp_path / "sweep" / "1")
    rate, metrics = OmegaConf.load(folder.config).optimizer.lr, json.loads(folder.metrics.read_text())
    folder.metrics.unlink()
    table = folder.rates.read_text()
    done = run(["src.train", "sweep_resume=sweep"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert OmegaConf.load(folder.config).optimizer.lr == rate
    assert folder.rates.read_text() == table
    assert json.loads(folder.metrics.read_text())["val/loss"] == metrics["val/loss"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["trainer.accumulate_grad_batches=2"], "trainer.accumulate_grad_batches=2 needs a Trainer of its own"),
        (["optimizer._target_=torch.optim.Adagrad", "~optimizer.momentum", "~optimizer.nesterov"], "has no vectorized"),
        (["+callbacks.f._target_=lightning.pytorch.callbacks.LearningRateFinder"], "callbacks.f: would replace"),
    ],
)
def test_a_run_whose_rates_cannot_be_tried_is_refused_and_writes_nothing(words, message, tmp_path):
    with pytest.raises(ConfigError, match=r"optimizer\.lr") as error:
        starting.train(composed([*XOR, "optimizer.lr=auto", *words]), tmp_path)
    assert message in str(error.value)
    assert not list(tmp_path.iterdir())


def test_a_schedule_with_a_rate_of_its_own_is_refused(tmp_path):
    words = ["src.train", *XOR, "scheduler=onecycle"]
    done = run([*words, "scheduler.max_lr=0.1", "optimizer.lr=auto"], tmp_path)
    assert done.returncode == 2
    assert "scheduler.max_lr: should be a number if optimizer.lr is one" in done.stderr
    assert (
        "(got auto with optimizer.lr=0.1)"
        in run([*words, "optimizer.lr=0.1", "scheduler.max_lr=auto"], tmp_path).stderr
    )
    assert not list(tmp_path.iterdir())
