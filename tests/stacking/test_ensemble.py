"""An ensemble is one run: its members are the same as single networks, and it predicts their mean, by hand."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf
from torch import nn

from src.command.tasks import decide
from src.data.blocks import BlockLoader
from src.data.tabular.bundled import BundledTable
from src.errors import ConfigError
from src.runs.evaluation import evaluate
from src.runs.exporting import export
from src.runs.opening import open_run
from src.runs.prediction import predict
from src.stacking.ensemble import build_ensemble
from tests.conftest import compose_train
from tests.same_run import equal, measured

from .conftest import checkpoint, curves, metrics

MEMBERS = 5
PLAIN = ["callbacks.progress_bar=null", "callbacks.figures=null", "logger=none", "callbacks.importance.repeats=1"]
WINE = ["experiment=wine", f"network.members={MEMBERS}", "network.dropout=0", "trainer.max_epochs=4", *PLAIN]
KINDS = {"red": 0, "blue": 1, "green": 2}


def ensemble(folder: Path, *words: str):
    cfg = compose_train(*words)
    (folder / ".hydra").mkdir(parents=True, exist_ok=True)
    decide(cfg, folder)
    OmegaConf.save(cfg, folder / ".hydra" / "config.yaml")
    return build_ensemble(cfg, folder)


def finished(folder: Path, *words: str) -> Path:
    run = ensemble(folder, *words)
    run.fit()
    run.evaluate()
    run.write()
    return folder


@pytest.fixture(scope="module")
def wine(tmp_path_factory):
    return finished(tmp_path_factory.mktemp("wine"), *WINE)


@pytest.fixture(scope="module")
def shapes(tmp_path_factory):
    """A table of two classes, of numbers and of two labels, with categories and missing cells; and new rows for it."""
    folder = tmp_path_factory.mktemp("shapes")
    stream = np.random.default_rng(3)

    def table(name, rows):
        lines = ["size,weight,colour,kind,price,large,heavy"]
        for _ in range(rows):
            colour = stream.choice(list(KINDS))
            size, weight = stream.normal(), stream.normal()
            kind = "big" if size + KINDS[colour] + 0.3 * stream.normal() > 1 else "small"
            price = 1000 + 100 * (size + KINDS[colour]) + 10 * stream.normal()
            cell = "" if stream.random() < 0.1 else f"{weight:.3f}"
            labels = ["no" if number < 0 else "yes" for number in (size, weight)]
            lines.append(f"{size:.3f},{cell},{colour},{kind},{price:.1f},{','.join(labels)}")
        (folder / name).write_text("\n".join(lines) + "\n")

    table("shapes.csv", 120)
    table("new.csv", 30)
    return folder


def words_for(shapes: Path, target: str) -> list[str]:
    others = ",".join(each for each in ("kind", "price", "large", "heavy") if each not in target)
    task = {
        "kind": [],
        "price": ["data.task=regression", "head=regression", "solved.metric=test/r2"],
        "[large,heavy]": ["head=multilabel"],
    }[target]
    return [
        *("data=csv", f"data.path={shapes / 'shapes.csv'}", f"data.target={target}", f"data.ignore=[{others}]", *task),
        *(
            "network.hidden_dims=[6]",
            "network.members=3",
            "optimizer=adam",
            "optimizer.lr=0.05",
            "trainer.max_epochs=4",
        ),
        *PLAIN,
    ]


@pytest.fixture(scope="module")
def kinds(shapes):
    return finished(shapes / "kinds", *words_for(shapes, "kind"), "head.threshold=f1", "head.calibration=temperature")


@pytest.fixture(scope="module")
def prices(shapes):
    return finished(shapes / "prices", *words_for(shapes, "price"))


@pytest.fixture(scope="module")
def labels(shapes):
    return finished(shapes / "labels", *words_for(shapes, "[large,heavy]"))


def command(folder: Path, **settings):
    defaults = {"run": str(folder), "runs_dir": "runs", "data_dir": None, "changes": {}, "force": False, "sweep": None}
    return OmegaConf.create(defaults | settings)


def networks_of(folder: Path, activation: Callable[[], nn.Module]) -> list[nn.Module]:
    """The members of a run, built by hand from the weights in its checkpoint."""
    state = checkpoint(folder, "best")["state_dict"]
    found = []
    for member in range(1 + max(int(name.split(".")[2]) for name in state)):
        own = {k.split(".", 3)[3]: v for k, v in state.items() if k.startswith(f"network.networks.{member}.")}
        network = nn.Sequential(*_layers(own, activation))
        network.load_state_dict(own)
        found.append(network)
    return found


def _layers(weights: dict[str, torch.Tensor], activation: Callable[[], nn.Module]) -> list[nn.Module]:
    places = sorted({int(name.split(".")[0]) for name in weights})
    shapes = {place: weights[f"{place}.weight"].shape for place in places}
    return [nn.Linear(shapes[n][1], shapes[n][0]) if n in shapes else activation() for n in range(places[-1] + 1)]


def wine_data() -> BundledTable:
    cfg = compose_train(*WINE)
    settings = {key: value for key, value in OmegaConf.to_container(cfg.data).items() if key != "_target_"}
    data = BundledTable(**settings)
    data.divide_among(MEMBERS)
    _ = data.splits
    return data


@torch.no_grad()
def said(networks: list[nn.Module], x: torch.Tensor) -> torch.Tensor:
    """Probabilities [N, M, C] from each member for rows [N, M, F] as each sees them."""
    return torch.stack([each(x[:, m]).softmax(1) for m, each in enumerate(networks)], dim=1).double()


def test_scores_are_out_of_fold_and_the_answer_is_the_mean(wine):
    data, networks, found = wine_data(), networks_of(wine, nn.ReLU), metrics(wine)
    held = data.voices("val")
    for split in ("train", "val", "test"):
        p, y = said(networks, data.seen(split, slice(None))), getattr(data.splits, split).y
        counted = {"val": held, "train": ~held, "test": torch.ones(len(y), MEMBERS)}[split].double().unsqueeze(2)
        mean = (p * counted).sum(dim=1) / counted.sum(dim=1)
        log_loss = -mean[torch.arange(len(y)), y].log().mean().item()
        assert found[f"{split}/log_loss"] == pytest.approx(log_loss, abs=1e-5)
        assert found[f"{split}/accuracy"] == pytest.approx((mean.argmax(1) == y).double().mean().item())
    assert (found["members"], found["epochs"], found["steps"]) == (MEMBERS, 4, int(curves(wine)[-1]["step"]))
    assert found["steps"] > 0
    assert found["num_parameters"] == sum(p.numel() for network in networks for p in network.parameters())
    assert (wine / "importance.csv").read_text().startswith("column,accuracy_lost")


def test_each_member_is_what_torch_makes_of_its_own_rows(tmp_path):
    """Two epochs of one member by hand: its initial weights, its rows in its own order, and torch's Adam."""
    words = [*WINE, "trainer.max_epochs=2", "data.batch_size=32"]
    run = ensemble(tmp_path, *words)
    data, member = run.parts.datamodule, 3
    reference = run.parts.head.network.networks[member]
    network = nn.Sequential(*_layers(dict(reference.state_dict()), nn.ReLU))
    network.load_state_dict(reference.state_dict())
    cfg, seed = run.cfg.optimizer, run.module.loader.seeds[member]
    optimizer = torch.optim.Adam(network.parameters(), lr=cfg.lr, weight_decay=cfg.weight_decay)
    own = data.voices("train")[:, member].nonzero().flatten()
    x, y = data.seen("train", own)[:, member], data.splits.train.y[own]
    least = int(data.voices("train").sum(dim=0).min())
    losses = []
    for epoch in range(2):
        for batch in BlockLoader.order(seed, epoch, len(own))[:least].split(32):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(x[batch]), y[batch]).backward()
            optimizer.step()
        held = data.voices("val")[:, member]
        seen = data.seen("val", held.nonzero().flatten())[:, member]
        losses.append(nn.functional.cross_entropy(network(seen), data.splits.val.y[held]).item())
    run.fit()
    newest = run.module.optimizer.params[member]
    torch.testing.assert_close(
        newest, nn.utils.parameters_to_vector(network.parameters()).detach(), atol=1e-5, rtol=1e-4
    )
    assert run.module.history.best.epoch[member] == 1 + int(np.argmin(losses))


def test_curves_are_means_over_the_members(wine):
    rows = curves(wine)
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4"]
    assert list(rows[0])[:4] == ["epoch", "step", "lr", "train/loss"]
    assert float(rows[0]["lr"]) == compose_train(*WINE).optimizer.lr
    losses = [float(row["val/loss"]) for row in rows]
    kept = checkpoint(wine, "last")["stack"]["history"]
    each = kept["values"].view(4, MEMBERS, -1)[:, :, rows_place("val/loss", rows)]
    assert losses == pytest.approx(each.mean(dim=1).tolist(), abs=1e-6)


def rows_place(name: str, rows) -> int:
    return list(rows[0])[3:].index(name)


def test_a_resumed_ensemble_is_the_one_that_was_not_interrupted(wine, tmp_path):
    finished(tmp_path, *WINE, "trainer.max_epochs=2")
    finished(tmp_path, *WINE, f"resume={tmp_path}")
    assert equal(checkpoint(tmp_path, "last")["state_dict"], checkpoint(wine, "last")["state_dict"])
    assert equal(checkpoint(tmp_path, "best")["state_dict"], checkpoint(wine, "best")["state_dict"])
    assert measured(tmp_path) == measured(wine)
    assert (tmp_path / "metrics.csv").read_text() == (wine / "metrics.csv").read_text()
    with pytest.raises(ConfigError, match=r"has trained its 4 epochs; raise trainer\.max_epochs"):
        finished(tmp_path, *WINE, f"resume={tmp_path}")


def test_members_with_batch_norm_keep_their_own_statistics(tmp_path):
    words = [*WINE, "network.batch_norm=true", "data.batch_size=20", "trainer.max_epochs=2"]
    whole = finished(tmp_path / "whole", *words)
    finished(tmp_path / "parts", *words, "trainer.max_epochs=1")
    resumed = finished(tmp_path / "parts", *words, f"resume={tmp_path / 'parts'}")
    for name in ("best", "last"):
        assert equal(checkpoint(resumed, name)["state_dict"], checkpoint(whole, name)["state_dict"])
    opened = open_run(whole)
    assert len({member[1].running_mean[0].item() for member in opened.head.network.networks}) == MEMBERS
    found = opened.head.evaluate(opened.datamodule.whole("test"))
    assert found["loss"] == pytest.approx(metrics(whole)["test/loss"], abs=1e-6)
    with pytest.raises(ConfigError, match=r"data\.batch_size: a minibatch of one row has no variance"):
        ensemble(tmp_path / "lonely", *words, "data.batch_size=1")


def test_a_one_cycle_schedule_is_planned_for_the_steps_of_each_member(tmp_path):
    words = [*WINE, "scheduler=onecycle", "trainer.max_epochs=2"]
    finished(tmp_path, *words)
    (_, row), rate = curves(tmp_path), compose_train(*WINE).optimizer.lr
    steps, optimizer = int(row["step"]), torch.optim.Adam([torch.zeros(1)], lr=rate)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, steps)
    for _ in range(steps):
        optimizer.step()
        scheduler.step()
    assert float(row["lr"]) == pytest.approx(scheduler.get_last_lr()[0])
    with pytest.raises(ConfigError, match="a one-cycle schedule ends with the epochs it was planned for"):
        finished(tmp_path, *words, "trainer.max_epochs=4", f"resume={tmp_path}")
    with pytest.raises(ConfigError, match=f"the schedule would end before the {steps} steps of the run"):
        ensemble(tmp_path, *words, f"scheduler.total_steps={steps - 1}")


def test_each_member_has_its_own_best_epoch_and_stops_by_itself(tmp_path):
    words = [*WINE, "optimizer.lr=0.1", "trainer.max_epochs=12", "callbacks.early_stopping.patience=2"]
    finished(tmp_path, *words)
    kept, found = checkpoint(tmp_path, "last")["stack"]["history"], metrics(tmp_path)
    best, last = kept["best"]["epoch"], kept["last"]["epoch"]
    assert len(set(best)) > 1
    assert all(end == 12 or end == epoch + 2 for epoch, end in zip(best, last, strict=True))
    assert found["best_epoch"] == sorted(best)[MEMBERS // 2]
    assert found["epochs"] == max(last) == len(curves(tmp_path))
    if max(last) < 12:
        with pytest.raises(ConfigError, match="members that have all stopped early"):
            finished(tmp_path, *words, f"resume={tmp_path}")


def answers(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("target", ["kinds", "prices", "labels"])
def test_the_folder_alone_answers_as_the_run_did(target, request, shapes):
    folder = request.getfixturevalue(target)
    found, opened = metrics(folder), open_run(folder)
    opened.check_data()
    for split in ("train", "val", "test"):
        again = opened.head.evaluate(opened.datamodule.whole(split))
        numbers = {name: value for name, value in again.items() if isinstance(value, float)}
        assert {name: found[f"{split}/{name}"] for name in numbers} == pytest.approx(numbers)
    assert opened.head.fitted_on == ("val" if target == "kinds" else None)
    assert opened.head.chosen_on == ("val" if target == "kinds" else "given")

    evaluated = evaluate(command(folder, split="test", threshold=None, resamples=0))
    table = answers(evaluated / "predictions.csv")
    source = answers(shapes / "shapes.csv")
    rows = [source[int(line["row"]) - 1] for line in table]  # rows are counted from 1
    written = shapes / f"{target}_again.csv"
    with written.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    predicted = answers(predict(command(folder, input=str(written), output=str(written) + "_p.csv", formulas="keep")))
    name = {"kinds": "probability_big", "prices": "predicted", "labels": "probability_heavy"}[target]
    each = [[float(line[name]) for line in lines] for lines in (table, predicted)]
    assert each[1] == pytest.approx(each[0], rel=1e-5)


@pytest.mark.parametrize(("target", "format"), [("kinds", "onnx"), ("prices", "torch_export")])
def test_an_exported_ensemble_computes_what_the_run_does(target, format, request, tmp_path):
    folder = request.getfixturevalue(target)
    path = export(
        command(folder, output=str(tmp_path / f"model.{'onnx' if format == 'onnx' else 'pt2'}"), format=format)
    )
    opened = open_run(folder)
    x = opened.datamodule.splits.test.x.to(
        getattr(torch, json.loads(path.with_suffix(".json").read_text())["input"]["dtype"])
    )
    with torch.no_grad():
        expected = opened.head.cpu().estimates(opened.head(opened.datamodule.scaled(x)))
    if format == "onnx":
        onnxruntime = pytest.importorskip("onnxruntime")
        (out,) = onnxruntime.InferenceSession(str(path)).run(None, {"x": x.numpy()})
    else:
        out = torch.export.load(path).module()(x).detach()
    np.testing.assert_allclose(out, expected, rtol=1e-4, atol=1e-5)


def test_prices_are_in_their_own_units(prices):
    found = metrics(prices)
    assert found["test/r2"] > 0.5
    assert found["val/mae"] > 5


REFUSED = {
    ("experiment=xor",): "network.members: is for tables, data=csv and data=table, but this is XOR (got 3)",
    (
        "experiment=wine",
        "trainer.accumulate_grad_batches=2",
    ): "trainer.accumulate_grad_batches=2 needs a Trainer of its own",
    ("experiment=wine", "callbacks=[default,boundary_movie]"): "callbacks.boundary_movie needs a Trainer of its own",
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_cannot_be_trained_so_is_one_line(words, tmp_path):
    with pytest.raises(ConfigError) as error:
        build_ensemble(compose_train(*words, "network.members=3", "logger=none"), tmp_path)
    assert REFUSED[words] in str(error.value)
    assert str(error.value).endswith("network.members=1")


@pytest.mark.parametrize("key", ["data.split=time", "data.weight=size"])
def test_rows_in_time_and_rows_with_weights_are_refused(key, shapes, tmp_path):
    (tmp_path / "t.csv").write_text("size,kind\n" + "".join(f"{1 + n % 5},{'ab'[n % 2]}\n" for n in range(40)))
    words = ["data=csv", f"data.path={tmp_path / 't.csv'}", "data.target=kind", key, "network.members=3", "logger=none"]
    if "weight" in key:
        (tmp_path / "t.csv").write_text(
            "size,x,kind\n" + "".join(f"{1 + n % 5},{n},{'ab'[n % 2]}\n" for n in range(40))
        )
    with pytest.raises(ConfigError, match=r"network\.members: .*network\.members=1"):
        build_ensemble(compose_train(*words), tmp_path)


def test_fewer_members_and_epochs_for_a_large_table_are_said(monkeypatch, tmp_path):
    words = ["experiment=wine", "network.members=auto", "trainer.max_epochs=50", *PLAIN]
    run = ensemble(tmp_path, *words)
    assert (run.module.history.num_runs, run.parts.trainer.max_epochs) == (16, 50)
    assert "leaves" not in run.headline()
    monkeypatch.setattr("src.data.affording._VISITS", 142 * 32 * 6 * 1.03)
    run = ensemble(tmp_path, *words)
    assert (run.module.history.num_runs, run.parts.trainer.max_epochs) == (6, 32)
    assert "network.members=auto leaves 6 of 16 members and 32 of 50 epochs for 142 × 13 numbers" in run.headline()
