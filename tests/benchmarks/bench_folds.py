"""Five folds and twenty seeds of iris as one stack, against a single such run, both with start-up: `make bench`.

The single run is measured as it is, and without figures and TensorBoard, which the stack's runs do not have either.
"""

import tempfile
from pathlib import Path

from tests.benchmarks.rounds import compare, timed

RUN = ["-m", "src.train", "experiment=iris", "data.folds=5"]
SWEEP = ["-m", "data.fold=range(0,5)", "seed=range(0,20)", "hydra/launcher=vectorized"]
BARE = ["callbacks.figures=null", "logger=none"]
LIMITS = {
    "without dropout / a run": 1.5,
    "without dropout / a run without figures": 1.5,
    "as bundled / a run": 4.0,
    "as bundled / a run without figures": 4.0,
}


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as scratch:

        def measure(number: int) -> dict[str, float]:
            ratios: dict[str, float] = {}
            for title, words in (("without dropout", ["network.dropout=0"]), ("as bundled", [])):
                runs = f"runs_dir={Path(scratch, str(number), title.replace(' ', '_'))}"
                bare, whole, sweep = (
                    timed([*RUN, *more, *words, runs])[0] for more in (["data.fold=0", *BARE], ["data.fold=0"], SWEEP)
                )
                ratios |= {f"{title} / a run": sweep / whole, f"{title} / a run without figures": sweep / bare}
            return ratios

        compare("Iris, five folds × twenty seeds in seconds of one run", measure, 3, LIMITS)


if __name__ == "__main__":
    main()
