"""A network compared with baselines on the run's own rows."""

import time
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from src.data.base import InMemoryDataModule
from src.data.rows import Split
from src.errors import ConfigError, suggestion
from src.estimators.answers import Answers, decisions, network_answers
from src.estimators.models import Fitted, Make, baselines
from src.estimators.report import Report, Row
from src.estimators.rows import FlatRows, parts_of, training_rows
from src.heads.base import Head
from src.settings.rules import direction


class Settings(NamedTuple):
    """How a network is compared with baselines.

    Attributes:
        metric: The score to compare by; None is accuracy, or R² for regression.
        rope: The largest difference that does not matter in practice.
        seed: Seed of the baselines.
        resamples: Resamples of the test rows, for intervals.
        most_numbers: Maximum of training rows times inputs to fit the baselines to.
    """

    metric: str | None = None
    rope: float = 0.01
    seed: int = 0
    resamples: int = 1000
    most_numbers: int = 8_000_000


def compare(head: Head, data: InMemoryDataModule, settings: Settings) -> Report:
    """Fit every baseline to the training rows of a dataset, and evaluate it and the network on the test rows.

    Nothing is fitted to validation rows: they choose the best baseline, and thresholds if the head has a rule.

    Args:
        head: The head with the run's best weights.
        data: The run's own rows.
        settings: How to compare.

    Raises:
        ConfigError: The head has no probabilities, the metric is unknown, or there are too many inputs for
            scikit-learn.
    """
    spec = head.spec
    if spec.task != "regression" and head.gives != "probabilities":
        raise ConfigError(f"baselines: {type(head).__name__} has no probabilities to compute scores from")
    val, test = (network_answers(head, *head.outputs(data.whole(split))) for split in ("val", "test"))
    metric = _metric(settings.metric, test)
    rows = training_rows(data, settings.most_numbers, settings.seed)
    network = Row(name="network", val=val.scores()[metric], scores=test.scores())
    network.intervals = dict(test.intervals(settings.resamples))
    found, folds = [], data.voices("val")
    known = baselines(spec.task, len(rows.y), settings.seed)
    for name, make in tqdm(known.items(), unit=" baselines", leave=False, disable=None):
        start = time.perf_counter()
        model = Fitted(make, rows.x, rows.y, spec.num_classes, rows.weights)
        seconds = time.perf_counter() - start
        p = _said(model, data, "val") if folds is None else _out_of_fold(make, rows, data, folds, spec.num_classes)
        decide = decisions(head, p, val.y)
        own_val = Answers(spec.task, p, decide(p), val.y)
        p = _said(model, data, "test")
        own = Answers(spec.task, p, decide(p), test.y)
        difference, ends = test.difference(own, metric, settings.resamples)
        row = Row(name=name, val=own_val.scores()[metric], scores=own.scores(), difference=difference, ends=ends)
        row.intervals, row.seconds = dict(own.intervals(settings.resamples)), round(seconds, 3)
        row.remark = _remark(model)
        found.append(row)
    return Report(
        metric=metric,
        rope=settings.rope,
        seed=settings.seed,
        train_rows=len(rows.y),
        train_rows_of=rows.total,
        test_rows=len(test.y),
        threshold=_threshold(head),
        validates_on_training=data.validates_on_training,
        network=network,
        baselines=found,
    ).concluded()


def _remark(model: Fitted) -> str:
    odd = [] if model.converged else ["did not converge within its iterations"]
    return "; ".join([*odd, *([] if model.weighs else ["ignores the weights of rows"])])


def _threshold(head: Head) -> str:
    if head.chooses:
        return f"{head.rule}, chosen for each on validation rows"
    return "" if set(head.thresholds or ()) <= {0.5} else ", ".join(f"{each:.4g}" for each in head.thresholds or ())


def _metric(wanted: str | None, answers: Answers) -> str:
    known = {name for name in answers.scores() if name != "calibration_error" and direction(name) is not None}
    metric = wanted or ("r2" if answers.task == "regression" else "accuracy")
    if metric not in known:
        raise ConfigError(f"metric: {metric} is not a score to compare by; {suggestion(metric, known)}")
    return metric


def _out_of_fold(make: Make, rows: FlatRows, data: InMemoryDataModule, held_out: Tensor, num_classes: int) -> Tensor:
    """The out-of-fold predictions for the validation rows [N, …] by estimators fitted without them.

    Args:
        make: Makes an estimator.
        rows: The rows to fit to.
        data: The dataset of the rows.
        held_out: Folds of the validation rows, which are also trained on: bool [N, K] or more columns.
        num_classes: C; 0 for values.
    """
    said: Tensor | None = None
    missing = torch.ones(len(held_out), dtype=torch.bool)
    for held in held_out.T:
        if not missing.any():
            break
        kept = ~held[rows.places].numpy()
        model = Fitted(
            make, rows.x[kept], rows.y[kept], num_classes, None if rows.weights is None else rows.weights[kept]
        )
        p = _said(model, data, "val", held.nonzero().flatten())
        said = p.new_zeros(len(held), *p.shape[1:]) if said is None else said
        said[held], missing = p, missing & ~held
    assert said is not None
    return said


def _said(model: Fitted, data: InMemoryDataModule, split: Split, places: Tensor | None = None) -> Tensor:
    return torch.from_numpy(np.concatenate([model(x) for x in parts_of(data, split, places)])).double()
