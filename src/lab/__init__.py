"""The lab for notebooks and scripts: the commands' runs as Python objects.

    from src import lab

    run = lab.train("xor", seed=1)
    run.metrics["test/accuracy"]
    run.plot_boundary()
    run.predict([[0.1, 0.9]])
    lab.experiments()

Every call is a command line: it is composed, checked and run as if typed in the project's folder. Paths are relative to
that folder, runs go into its `runs/`, and whatever you start here you can continue in a terminal.
"""

from src.command.startup import lean_imports

with lean_imports():
    from src.lab.choices import experiments, options
    from src.lab.commands import latest, open, sweep, train, tune
    from src.lab.exercises.checking import check
    from src.lab.live_page import LivePage, play
    from src.lab.notebook import welcome
    from src.lab.project import PROJECT
    from src.lab.records import Records
    from src.lab.trained_run import TrainedRun
    from src.lab.trained_search import TrainedSearch
    from src.lab.trained_sweep import TrainedSweep

__all__ = [
    "PROJECT",
    "LivePage",
    "Records",
    "TrainedRun",
    "TrainedSearch",
    "TrainedSweep",
    "check",
    "experiments",
    "latest",
    "open",
    "options",
    "play",
    "sweep",
    "train",
    "tune",
]

welcome()
