"""The allowed values of each key, listed by hand from the README and the libraries' own documentation.

Nothing here reads this project's rules. A key that is missing here gets the generated values too, and none of them may
end in a traceback.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf
from typing import Any

Verdict = bool | None
"""True: accepted, and has an effect. False: refused. None: either, but if it is accepted, then with an effect."""


@dataclass(frozen=True)
class Domain:
    """The values of a key.

    Attributes:
        admits: Whether a value that is not null may be accepted.
        works: Values that must be accepted and have an effect.
        nullable: Whether null means something.
        is_bound: Whether it only limits something else, so that a large value has no effect.
    """

    admits: Callable[[Any], bool] = lambda value: True
    works: tuple[Any, ...] = ()
    nullable: bool = False
    is_bound: bool = False

    def verdict(self, value: Any) -> Verdict:
        """What must happen to a value."""
        if any(alike(value, one) for one in self.works):
            return True
        may = self.nullable if value is None else self.admits(value)
        return None if may else False

    def or_null(self) -> "Domain":
        """The same, null included."""
        return replace(self, nullable=True)

    def or_word(self, *words: str) -> "Domain":
        """The same, some words included."""
        return replace(self, works=(*self.works, *words))

    def as_bound(self) -> "Domain":
        """The same, for a bound."""
        return replace(self, is_bound=True)


def alike(value: Any, other: Any) -> bool:
    """Equality by which true is not 1."""
    return type(value) is type(other) and bool(value == other)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def number(low: float, high: float, *works: Any, above: bool = False, below: bool = False) -> Domain:
    """Numbers from `low` to `high`; `above` and `below` leave out the end itself."""

    def admits(value: Any) -> bool:
        inside = is_number(value) and low <= value <= high and -inf < value < inf
        return inside and not (above and value == low) and not (below and value == high)

    return Domain(admits, works)


def whole(low: float, high: float, *works: Any) -> Domain:
    """Whole numbers from `low` to `high`."""
    numbers = number(low, high)
    return Domain(lambda value: numbers.admits(value) and value == int(value), works)


def one_of(*works: str, others: tuple[str, ...] = ()) -> Domain:
    """Some words."""
    return Domain(lambda value: value in others, works)


def switch(*works: Any) -> Domain:
    """True or false; whether 0 and 1 are, too, is left open."""
    return Domain(lambda value: isinstance(value, bool) or (is_number(value) and value in (0, 1)), works)


def list_of(each: Domain, *works: Any, lengths: range = range(1, 1001)) -> Domain:
    """Lists of values, each in a domain."""

    def admits(value: Any) -> bool:
        return isinstance(value, list) and len(value) in lengths and all(map(each.admits, value))

    return Domain(admits, works)


TEXT = Domain(lambda value: isinstance(value, str) and value != "")
LABEL = Domain(lambda value: isinstance(value, str) or (is_number(value) and 0 <= value <= 9))
PLACE = Domain(lambda value: type(value) is int and -7 <= value < 7)  # of a column, counted from either end
SEED = whole(0, 2**32 - 1, 7)
COUNT = whole(1, inf)
SECONDS = number(0, inf, 0, 2.5)

DPI = whole(50, 600, 200)
FORMAT = one_of("svg", "pdf", others=("png",))
DOMAINS: dict[str, Domain] = {
    "seed": SEED,
    "solved.metric": one_of("val/accuracy"),
    "solved.at_least": number(-inf, 1, 0.01).or_null(),
    "solved.at_most": number(-inf, 1).or_null().as_bound(),
    "data.batch_size": whole(1, inf, 5).or_null(),
    "data.seed": SEED,
    "data.shuffle_seed": SEED.or_null(),
    "data.split_seed": SEED.or_null(),
    "data.folds": one_of().or_null(),  # needs the fold beside it
    "data.fold": one_of().or_null(),  # needs the folds beside it
    "data.steps_per_execution": whole(1, inf, 1, 2).or_word("auto"),
    "data.standardize": switch(True),
    "tabular:data.standardize": replace(switch(False), works=(False, "robust")),
    "data.gate": one_of("or", "nand", "xor", others=("and",)),
    "data.num_train": whole(1, inf, 30),
    "data.num_val": whole(1, inf, 30),
    "data.num_test": whole(1, inf, 30),
    "data.num_samples": whole(1, inf, 60),
    "data.noise": number(0, inf, 0, 0.4, 2),
    "data.label_noise": number(0, 1, 0.5, 1),
    "data.test_fraction": number(0, 1, 0.4, below=True),
    "data.val_fraction": number(0, 1, 0, 0.4, below=True),
    "data.stratify": switch(True).or_null(),
    "multilabel:data.stratify": one_of().or_null(),  # scikit-learn: "Supported for single-label classification"
    "data.factor": number(0, 1, 0, 0.5, below=True),  # sklearn.datasets.make_circles: "in the range [0, 1)"
    "data.arms": whole(2, inf, 4),
    "data.turns": number(0, inf, 1.5, above=True),
    "data.centers": whole(2, inf, 5),
    "data.num_features": whole(1, inf, 5),
    "data.num_labels": whole(2, inf, 3),
    "data.labels_per_row": whole(1, 5, 3),
    "data.slope": number(-inf, inf, 0, -1.5),
    "data.intercept": number(-inf, inf, 0, -1.5),
    "data.task": one_of(others=("classification", "auto")),
    "data.positive": one_of(others=("auto",)).or_null(),
    "data.categorical": list_of(one_of("petal width (cm)"), ["petal width (cm)"], lengths=range(5)).or_null(),
    "data.columns": list_of(PLACE, [0, "petal width (cm)"], lengths=range(1, 5)).or_null(),
    "data.path": one_of(),
    "data.target": Domain(lambda value: value == "colour" or PLACE.admits(value) or isinstance(value, list)).as_bound(),
    "data.ignore": list_of(PLACE, ["height"], ["id", "colour"], lengths=range(10)).or_null().as_bound(),
    "data.split_column": one_of("part").or_null(),
    "data.split": one_of("time", others=("random",)),
    "data.time": one_of().or_null(),  # needs data.split=time beside it
    "data.weight": one_of("height").or_null(),
    "data.types": one_of(others=("auto",)).or_null(),
    "data.keep": list_of(one_of(), ["id"], ["id", "height"], lengths=range(10)).or_null(),
    "data.merge_classes": switch().as_bound(),
    "data.strict": switch().as_bound(),
    "data.separator": Domain(lambda value: isinstance(value, str) and len(value) == 1).or_null().as_bound(),
    "data.header": switch().or_null().as_bound(),
    "data.encoding": one_of(others=("utf-8", "latin-1")).or_null().as_bound(),
    "data.decimal": one_of(others=(".", ",")).or_null().as_bound(),
    "data.thousands": one_of(others=(".", ",")).or_null().as_bound(),
    "data.missing": Domain(lambda value: isinstance(value, list)).or_null().as_bound(),
    "csv:data.categorical": list_of(one_of(), ["stage"], lengths=range(10)).or_null(),
    "csv:data.columns": list_of(PLACE, ["height"], lengths=range(1, 10)).or_null(),
    "csv:data.positive": one_of("fern", others=("auto",)).or_null(),
    "pictures:data.positive": one_of("cat", others=("auto",)).or_null(),
    "pictures:data.classes": list_of(one_of(), lengths=range(2, 11)).or_null().as_bound(),
    "pictures:data.target": one_of().or_null(),  # needs data.csv beside it, as the two below
    "pictures:data.split_column": one_of().or_null(),
    "data.file_column": one_of().or_null(),
    "data.csv": one_of().or_null(),
    "data.image_size": whole(1, inf, 6),
    "data.color": switch(False),
    "data.skip_broken": switch(True),
    "data.reading": one_of(others=("auto",)).or_null(),
    "data.memory_budget": number(0, inf).as_bound(),
    "data.num_workers": whole(0, inf).as_bound(),
    "data.cache": TEXT.as_bound(),
    "data.cache_budget": number(0, inf, above=True).as_bound(),
    "data.remember": switch().as_bound(),
    "allow_changed_data": switch().as_bound(),
    "logger.csv.name": Domain(lambda value: isinstance(value, str), ("frobnicate",)),  # null is the run's own folder
    "logger.csv.version": Domain(lambda value: isinstance(value, str) or type(value) is int, ("first", 3), True),
    "logger.tensorboard.log_graph": switch(False),
    "logger.tensorboard.histograms": whole(1, inf, 1).as_bound().or_null(),
    "data.name": one_of("wine", others=("breast_cancer", "digits", "iris")),
    "data.classes": list_of(LABEL, [0, 1, 2], lengths=range(2, 11)).or_null(),
    "data.flip": switch(True),
    "data.shift": whole(0, 7, 1),  # pixels, of eight
    "data.erase": number(0, 1, 0.5, 1),
    "network.hidden_dims": list_of(COUNT, [], [3], [4, 4], lengths=range(1001)),
    "network.activation": one_of("identity", "relu", "leaky_relu", "elu", "gelu", "silu", "sigmoid", others=("tanh",)),
    "network.dropout": number(0, 1, 0.5),  # torch.nn.Dropout: from 0 to 1
    "network.batch_norm": switch(True),
    "tabular:network.activation": one_of(
        "identity", "relu", "tanh", others=("leaky_relu", "elu", "gelu", "silu", "sigmoid")
    ),
    "network.embedding": whole(0, inf, 0, 2),
    "network.frequencies": whole(1, inf, 3),
    "network.sigma": number(0, inf, 2, above=True),
    "network.inputs": list_of(one_of("x1"), ["x2"], ["x1_squared", "sin_x2"], lengths=range(1, 8)).or_null(),
    "network.members": whole(1, 256),  # of tables; the word auto, likewise
    "network.dims": list_of(COUNT, [3], [4, 4]),
    "network.depth": whole(1, inf, 2),
    "network.whiten": switch(True),
    "network.mirror": switch(True),
    "head.loss": one_of("bce", others=("bce_with_logits",)),
    "line:head.loss": one_of("l1", "huber", others=("mse",)),
    "head.threshold": number(0, 1, 0.9, above=True, below=True).or_word("f1", "youden", "recall>=0.9"),
    "head.calibration": one_of("temperature").or_null(),
    "head.class_weights": list_of(number(0, inf, above=True), [1, 3]).or_word("balanced").or_null(),
    "head.label_smoothing": number(0, 1, 0.1),  # torch.nn.functional.cross_entropy: in [0, 1]
    "optimizer.lr": number(0, inf, 0.5, 0.01).or_word("auto"),
    "optimizer.momentum": number(0, inf, 0.9),
    "optimizer.nesterov": switch(True),
    "and_gate:optimizer.nesterov": one_of(),  # torch.optim.SGD: needs a momentum
    "optimizer.weight_decay": number(0, inf, 0.1),
    "optimizer.betas": list_of(number(0, 1, below=True), [0.5, 0.9], [0, 0], [0, 0.5], lengths=range(2, 3)),
    "optimizer.fused": switch(False).or_null(),
    "scheduler.step_size": whole(1, inf, 1).as_bound(),
    "scheduler.gamma": number(0, inf, 0.5, above=True),
    "scheduler.interval": one_of("step", others=("epoch",)),
    "scheduler.T_max": whole(1, inf, 2),
    "scheduler.eta_min": number(0, inf, 0.001),
    "scheduler.monitor": one_of("val/accuracy", "train/loss"),
    "scheduler.mode": one_of("min", others=("auto",)),
    "scheduler.factor": number(0, 1, 0.1, above=True, below=True),  # ReduceLROnPlateau: below 1
    "scheduler.threshold": number(-inf, inf, 0).as_bound(),
    "scheduler.cooldown": whole(-inf, inf, 2).as_bound(),
    "scheduler.patience": whole(0, inf, 1).as_bound(),
    "scheduler.max_lr": number(0, inf, 0.5, above=True),
    "scheduler.total_steps": whole(12, inf, 50).or_word("auto"),  # OneCycleLR: not fewer than are taken
    "scheduler.pct_start": number(0, 1, 0.5),
    "callbacks.early_stopping.monitor": one_of("train/loss", "val/accuracy"),
    "callbacks.early_stopping.mode": one_of("min", others=("auto",)),
    "callbacks.early_stopping.patience": whole(1, inf, 1).as_bound(),
    "callbacks.early_stopping.min_delta": number(0, inf, 0).as_bound(),
    "callbacks.model_checkpoint.monitor": one_of("train/loss", "val/accuracy").or_null(),
    "callbacks.model_checkpoint.mode": one_of("min", others=("auto",)),
    "callbacks.model_checkpoint.seconds_between_writes": SECONDS,
    "callbacks.figures.every_n_epochs": whole(1, inf, 1).as_bound().or_null(),
    "callbacks.figures.seconds_between_drawings": number(0, inf, 2.5),
    "callbacks.figures.dpi": DPI,
    "callbacks.figures.format": FORMAT,
    "callbacks.importance.dpi": DPI.as_bound(),  # of tables alone
    "callbacks.importance.format": FORMAT.as_bound(),
    "plots.dpi": DPI,
    "plots.format": FORMAT,
    "callbacks.importance.repeats": whole(1, inf).as_bound(),
    "callbacks.importance.most_numbers": whole(1, inf).as_bound(),
    "callbacks.boundary_movie.frames": whole(1, inf, 2),
    "callbacks.boundary_movie.layer": whole(1, 2, 1),
    "callbacks.boundary_movie.max_units": whole(0, inf, 1),
    "trainer.max_epochs": whole(1, inf, 2),
    "trainer.accelerator": one_of(others=("cpu", "auto")),
    "trainer.devices": whole(1, 1).or_null(),
    "trainer.strategy": one_of(others=("auto",)),
    "trainer.precision": one_of("64-true", "bf16-true", "bf16-mixed", others=("32-true",)).or_null(),
    "trainer.check_val_every_n_epoch": whole(1, inf, 2),
    "trainer.gradient_clip_val": number(0, inf, 0.01, above=True).or_null().as_bound(),
    "trainer.accumulate_grad_batches": whole(1, inf, 2),
    "trainer.limit_train_batches": number(0, inf, 1, 0.5, above=True).or_null().as_bound(),
    "trainer.overfit_batches": number(0, inf, 1, 0.5).as_bound(),
    "trainer.fast_dev_run": Domain(lambda value: isinstance(value, int) and value >= 0, works=(1, 2)),
    "trainer.detect_anomaly": switch(True),
    "trainer.deterministic": switch(True).or_word("warn").or_null(),
    "trainer.log_every_n_steps": whole(0, inf, 0, 1),
    "trainer.threads": whole(1, inf, 2).or_word("auto"),
}
"""By key, or by composition and key where a key has another meaning there."""
