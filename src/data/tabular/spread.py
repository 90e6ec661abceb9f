"""The centre and the spread of a column of numbers."""

from typing import Any, Literal

import numpy as np

Standardize = bool | Literal["robust"]
"""Whether columns of numbers are shifted and scaled, and by what; see `centre_and_unit`."""


def centre_and_unit(cells: Any, standardize: Standardize) -> tuple[float, float]:
    """What to subtract from the numbers `cells` [N], and what to divide them by, which is never 0.

    Args:
        cells: The cells of the training rows, none of them missing.
        standardize: True for mean and standard deviation; `robust` for the median and the interquartile range, which
            ignore outliers, or half the whole range if that is 0; False for neither.

    Example:
        >>> cells = np.array([0.0, 1.0, 2.0, 3.0, 1000.0])
        >>> centre_and_unit(cells, "robust"), centre_and_unit(cells, False)
        ((2.0, 2.0), (0.0, 1.0))
    """
    if not standardize:
        return 0.0, 1.0
    if standardize == "robust":
        low, centre, high = (float(each) for each in np.quantile(cells, [0.25, 0.5, 0.75]))
        unit = high - low or float(cells.max() - cells.min()) / 2
    else:
        centre, unit = float(cells.mean()), float(cells.std())
    return centre, unit if unit > 1e-14 * abs(centre) and unit > 0 else 1.0
