"""The baselines: their names, how scikit-learn makes them, and their predictions."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from src.spec import Task

Make = Callable[[], Any]
"""Makes an estimator that has not been fitted."""

_NEIGHBOURS, _ITERATIONS = 5, 1000
_WORTH_THREADS = 2**21  # numbers to fit; with fewer, threads mostly wait for each other


def baselines(task: Task, num_rows: int, seed: int) -> dict[str, Make]:
    """A function that makes each baseline, by name, the simplest first; all other settings are scikit-learn's defaults.

    Args:
        task: The task of the rows.
        num_rows: Number of training rows, which limits the number of neighbours.
        seed: Seed of the forest and of boosting.
    """
    from sklearn import dummy, ensemble, linear_model, neighbors

    neighbours = min(_NEIGHBOURS, num_rows)
    boosting = {"early_stopping": False, "random_state": seed}  # it would hold out some of the training rows
    if task == "regression":
        return {
            "mean": dummy.DummyRegressor,
            "ridge regression": linear_model.Ridge,
            "nearest neighbours": lambda: neighbors.KNeighborsRegressor(neighbours),
            "random forest": lambda: ensemble.RandomForestRegressor(random_state=seed),
            "histogram boosting": lambda: ensemble.HistGradientBoostingRegressor(**boosting),
        }
    return {
        "majority class": lambda: dummy.DummyClassifier(strategy="prior"),
        "logistic regression": lambda: linear_model.LogisticRegression(max_iter=_ITERATIONS),
        "nearest neighbours": lambda: neighbors.KNeighborsClassifier(neighbours),
        "random forest": lambda: ensemble.RandomForestClassifier(random_state=seed),
        "histogram boosting": lambda: ensemble.HistGradientBoostingClassifier(**boosting),
    }


class Fitted:
    """A baseline fitted to rows: one estimator, or one per label if rows have several.

    Args:
        make: Makes an estimator.
        x: Inputs [N, F].
        y: Labels [N], zeros and ones [N, L], or values [N].
        num_classes: Number of classes C, perhaps more than occur in `y`; 0 for values.
        weights: The weight of each row [N], for estimators that support weights; None if all are equal.

    Attributes:
        weighs: Whether the weights, if any, were used.
        converged: Whether the fit converged.

    Example:
        >>> from sklearn.dummy import DummyClassifier
        >>> found = Fitted(lambda: DummyClassifier(strategy="prior"), np.zeros((4, 1)), np.array([0, 2, 2, 2]), 4)
        >>> found(np.zeros((1, 1))).tolist()
        [[0.25, 0.0, 0.75, 0.0]]
    """

    def __init__(self, make: Make, x: Any, y: Any, num_classes: int, weights: Any = None) -> None:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.utils.validation import has_fit_parameter

        self.weighs = weights is None or has_fit_parameter(make(), "sample_weight")
        self._weighted = {"sample_weight": weights} if weights is not None and self.weighs else {}
        self.num_classes, self.is_multilabel = num_classes, y.ndim == 2
        with warnings.catch_warnings(record=True) as caught, _threads(x.size):
            warnings.simplefilter("always", ConvergenceWarning)
            self.estimators = [self._fitted(make, x, column) for column in (y.T if self.is_multilabel else [y])]
        self.converged = not any(issubclass(each.category, ConvergenceWarning) for each in caught)

    def _fitted(self, make: Make, x: Any, y: Any) -> Any:
        if self.num_classes and len(np.unique(y)) == 1:  # most classifiers refuse a single class
            from sklearn.dummy import DummyClassifier

            return DummyClassifier(strategy="prior").fit(x, y)
        return make().fit(x, y, **self._weighted)

    def __call__(self, x: Any) -> Any:
        """Probabilities [N, C], those of each label [N, L], or values [N] of rows x [N, F]."""
        with _threads(x.size):
            if not self.num_classes:
                return self.estimators[0].predict(x)
            if self.is_multilabel:
                return np.stack([_probabilities(each, x, 2)[:, 1] for each in self.estimators], axis=1)
            return _probabilities(self.estimators[0], x, self.num_classes)


def _probabilities(estimator: Any, x: Any, num_classes: int) -> Any:
    """Probabilities [N, C]; 0 for a class without training rows."""
    found = np.zeros((len(x), num_classes))
    found[:, estimator.classes_] = estimator.predict_proba(x)
    return found


@contextmanager
def _threads(numbers: int) -> Iterator[None]:
    """Use one thread inside the block if there is little to compute; on busy cores that is ten times faster."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1 if numbers < _WORTH_THREADS else None):
        yield
