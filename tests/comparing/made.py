"""Runs that exist only in memory, to be compared a thousand times."""

from pathlib import Path

from src.comparing.reading import Record

DRAWN = {"data": {"_target_": "src.data.synthetic.xor.XOR", "seed": "${seed}"}}
ONE_SPLIT = {"data": {"_target_": "src.data.synthetic.xor.XOR", "seed": 0}}
FILE = {
    "data": {
        "_target_": "src.data.tabular.file.TableFile",
        "seed": "${seed}",
        "split_seed": "${data.seed}",
        "split_column": None,
        "test_fraction": 0.2,
        "val_fraction": 0.1,
    }
}


def made(config, overrides, metrics, failure=None):
    """A run with a configuration, what the command line set, and its scores; without scores an unfinished one."""
    folder = Path("sweep") / "-".join(f"{key}={value}" for key, value in overrides.items())
    record = Record(folder, overrides, {"fit_seconds": 1.0, "solved": None, **metrics} if metrics else {}, failure)
    record.__dict__["config"] = {"seed": 0, **config}
    record.__dict__["choices"] = {}
    return record


def sweep(scores, config=DRAWN, metric="test/accuracy", solved=None):
    """One run per score of {learning rate: scores}, with the score's index as seed; pairs are validation and test.

    A score None is a run that failed; from `solved` on a test score counts as solved.
    """
    runs = []
    for rate, numbers in scores.items():
        for seed, number in enumerate(numbers):
            overrides = {"optimizer.lr": rate, "seed": seed}
            if number is None:
                runs.append(made(config, overrides, None, "training diverged: the loss is nan"))
                continue
            val, test = number if isinstance(number, tuple) else (number, number)
            verdict = None if solved is None else test >= solved
            twin = metric.replace("test/", "val/")
            runs.append(made(config, overrides, {twin: val, metric: test, "solved": verdict}))
    return runs
