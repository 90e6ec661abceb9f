"""Commands run in this process, in a folder with a finished run."""

from src.baselines import baselines
from src.command import cli
from src.compare import compare
from src.describe import describe
from src.evaluate import evaluate
from src.export import export
from src.predict import predict
from src.storage import failures
from src.train import train

WORK = {"train": train, "evaluate": evaluate, "predict": predict, "export": export, "compare": compare}
WORK |= {"baselines": baselines, "describe": describe}
QUICK = ["experiment=xor", "trainer.max_epochs=1", "data.num_train=64", "logger=none", "callbacks.figures=null"]


def give(command, words):
    """The exit code of a command, as a terminal would have it."""
    try:
        return cli.execute(command, WORK[command], words, begins_runs=command == "train").code
    except (*failures._KINDS, OSError) as error:
        return failures.tell(error)


def composed(command, words):
    """The configurations that a command's work would get."""
    seen = []
    assert cli.execute(command, lambda cfg, _: seen.append(cfg), words, begins_runs=command == "train").code == 0
    return seen


def make_place(folder):
    """Fill the working folder with a run, a table for it, and things that are neither."""
    assert give("train", [*QUICK, "hydra.run.dir=run"]) == 0
    (folder / "file.csv").write_text("x1,x2\n0.1,0.9\n-0.2,0.3\n")
    (folder / "empty").mkdir()
