"""The lab for notebooks and scripts: the commands' own runs as Python objects.

    from src import lab

    run = lab.train("xor", seed=1)
    run.metrics["test/accuracy"]
    run.plot_boundary()
    run.predict([[0.1, 0.9]])
    lab.experiments()

Every call is a command line, composed, checked and run as such, from the project's folder: paths are meant from there,
runs are filed under its `runs/`, and whatever you begin here you can continue in a terminal.
"""

from src.command.startup import lean_imports

with lean_imports():
    from src.lab.choices import experiments, options
    from src.lab.commands import latest, open, sweep, train
    from src.lab.exercises.checking import check
    from src.lab.notebook import welcome
    from src.lab.project import PROJECT
    from src.lab.records import Records
    from src.lab.trained_run import TrainedRun
    from src.lab.trained_sweep import TrainedSweep

__all__ = [
    "PROJECT",
    "Records",
    "TrainedRun",
    "TrainedSweep",
    "check",
    "experiments",
    "latest",
    "open",
    "options",
    "sweep",
    "train",
]

welcome()
