"""A stranger's script that uses every public name of the lab; `make lint` checks its types with `mypy --strict`."""

from pathlib import Path

from matplotlib.figure import Figure

from src import lab


def choose() -> list[str]:
    """Everything that there is to choose from."""
    names: list[str] = [record["experiment"] for record in lab.experiments()]
    records: lab.Records = lab.options("data")
    if not lab.check("1.4", 0.5):
        names = []
    return [*names, *(record["data"] for record in records), str(lab.PROJECT)]


def watch() -> lab.LivePage:
    """The page of a notebook."""
    page: lab.LivePage = lab.play("experiment=xor&hide=scores")
    page.close()
    return page


def look(run: lab.TrainedRun) -> list[Figure]:
    """Every figure of a run."""
    path: Path = run.plot_movie().path
    path = run.save_replay("replay.html", force=True).path
    print(path.name)
    return [
        run.plot_boundary("train"),
        run.plot_hidden_units(layer=1),
        run.plot_fit(),
        run.plot_confusion_matrix("val"),
        run.plot_predictions(),
        run.plot_augmentation(),
        run.plot_weights(),
        run.plot_curves(),
        run.plot_roc(),
        run.plot_precision_recall(),
        run.plot_calibration(),
        run.plot_thresholds(),
    ]


def ask(run: lab.TrainedRun) -> Path:
    """Every answer of a run, and what it holds."""
    x, y = run.rows("test")
    right: float = (run.predict(x) == y).float().mean().item()
    shares: list[float] = run.probabilities(x).mean(dim=0).tolist()
    logits: list[float] = run.logits(x).tolist()
    names: tuple[str, ...] = run.class_names
    losses: list[float] = [row["train/loss"] for row in run.history]
    loss: float = run.metrics["test/loss"]
    print(run.equation.upper(), right, shares, logits, names, losses, loss, run.cfg.seed, run.folder.name)
    print(run.network.training, run.head.threshold, run.datamodule.title, run.records()[0]["split"])
    print(run.evaluate("split=val")["accuracy"], lab.TrainedRun.read(run.folder).folder.name)
    return run.predict_file("new.csv", output="answers.csv", force=True)


def compare(sweep: lab.TrainedSweep) -> list[Figure | None]:
    """Everything of a sweep."""
    first: lab.TrainedRun = sweep[0]
    best = sweep.compare("val/loss").settings[0]
    print(
        first.folder.name, len(sweep), best.mean, sweep.records()[0]["seed"], sweep.folder.name, sweep.runs[0].finished
    )
    return [sweep.plot(), sweep.plot_curves("val/loss", logarithmic=True), sweep.plot_boundaries(by="seed")]


def search(found: lab.TrainedSearch) -> list[Figure]:
    """Everything of a search."""
    best: lab.TrainedRun = found.best_run()
    loss: float = found.best_values["val/loss"]
    trials: lab.Records = found.trials()
    print(best.folder.name, loss, found.best["optimizer.lr"], trials[0]["state"], found.front()[0]["trial"])
    print(found.searched.objectives, lab.TrainedSearch(found.folder).folder.name)
    return [found.plot_history(), found.plot_slices(), found.plot_contour(), found.plot_pareto()]


if __name__ == "__main__":
    lab.train("xor", "trainer.max_epochs=20", seed=1, data={"noise": 0.2})
    look(lab.latest())
    ask(lab.open("latest", trust=None))
    compare(lab.sweep("xor", seed="range(0,4)"))
    search(lab.tune("xor", "optimizer.lr=tag(log,interval(0.01,1))", n_trials=8))
