"""Hints on wrong numbers, from a comparison with the right ones, which no hint gives away."""

import math
from typing import Any

import torch
from torch import Tensor

_FACTORS = 2.0, 4.0, 10.0, 100.0, 1000.0
_EXACT = 1e-4  # how close a number must come to the result of a known mistake to be taken for it


def as_numbers(value: Any) -> Tensor | None:
    """A `value` as a float64 tensor; None if it does not consist of numbers.

    Example:
        >>> as_numbers([1, 2]).tolist(), as_numbers("one")
        ([1.0, 2.0], None)
    """
    if isinstance(value, Tensor):
        return value.detach().double()
    if isinstance(value, list | tuple) and any(isinstance(part, Tensor) for part in value):
        parts = [as_numbers(part) for part in value]
        whole = [part for part in parts if part is not None]
        same = len(whole) == len(parts) and len({part.shape for part in whole}) == 1
        return torch.stack(whole) if same else None
    try:
        return torch.as_tensor(value, dtype=torch.float64)
    except (TypeError, ValueError, RuntimeError):
        return None


def agrees(given: Tensor, right: Tensor, tolerance: float) -> bool:
    """Whether numbers agree.

    Args:
        given: Numbers [*].
        right: Numbers [*] to compare with; those of another shape do not agree.
        tolerance: The relative difference that is accepted; a hundredth of it is accepted as an absolute difference.
    """
    return given.shape == right.shape and torch.allclose(given, right, rtol=tolerance, atol=tolerance / 100)


def difference(answer: Any, right: Any, tolerance: float, of_code: bool = False) -> str | None:
    """What is wrong with an answer; None if it is right.

    Args:
        answer: A number, a tensor or lists of numbers.
        right: The right answer.
        tolerance: The relative difference that is accepted.
        of_code: Whether code returned the answer; naming the factor of a single wrong number then gives nothing away.

    Example:
        >>> difference(4.0, 2.0, 0.01), difference(-2.0, 2.0, 0.01), difference([1.0, 3.0], [3.0, 1.0], 0.01)
        ('too large by a factor of 2', 'the sign is wrong', 'these are the right numbers in a different order')
        >>> difference(2.001, 2.0, 0.01) is None
        True
    """
    given, wanted = as_numbers(answer), as_numbers(right)
    assert wanted is not None
    if given is None:
        return f"should be {'a number' if wanted.ndim == 0 else 'numbers'}, not a {type(answer).__name__}"
    if given.ndim == 1 and len(given) == 1 and wanted.ndim == 0:
        given = given[0]
    if given.shape != wanted.shape:
        return f"has the shape {list(given.shape)}, but should have {list(wanted.shape)}"
    if agrees(given, wanted, tolerance):
        return None
    if not given.isfinite().all():
        return "is not finite: somewhere it became infinite or NaN"
    return _mistake(given, wanted, max(tolerance, _EXACT), of_code)


def _mistake(given: Tensor, wanted: Tensor, tolerance: float, of_code: bool) -> str:
    if agrees(-given, wanted, tolerance):
        return "the sign is wrong"
    if (factor := _factor(given, wanted, tolerance, of_code)) is not None:
        size = "large" if abs(factor) > 1 else "small"
        sign = ", and the sign is wrong" if factor < 0 else ""
        return f"too {size} by a factor of {max(abs(factor), 1 / abs(factor)):.3g}{sign}"
    if agrees((given - wanted).abs(), torch.ones_like(wanted), _EXACT) and agrees(wanted, wanted.round(), 0.0):
        return "off by one"
    if wanted.ndim == 0:
        if 0 <= given <= 1 and agrees(1 - given, wanted, tolerance):
            return "that is the share of all the others"
        return "too large" if given > wanted else "too small"
    if agrees(given.flatten().sort().values, wanted.flatten().sort().values, tolerance):
        return "these are the right numbers in a different order"
    if wanted.ndim == 2 and wanted.shape[0] == wanted.shape[1] and agrees(given.T, wanted, tolerance):
        return "rows and columns are swapped"
    far = ~torch.isclose(given, wanted, rtol=tolerance, atol=tolerance / 100)
    place = [int(index) for index in far.nonzero()[0]]
    return f"{int(far.sum())} of {far.numel()} numbers are wrong, the first at {place if len(place) > 1 else place[0]}"


def _factor(given: Tensor, wanted: Tensor, tolerance: float, of_code: bool) -> float | None:
    """The factor by which all numbers are off, if any; for a single number only a common one, which reveals nothing."""
    known = wanted.abs() > 1e-12
    if not known.any() or not agrees(given[~known], wanted[~known], tolerance):
        return None
    ratios = given[known] / wanted[known]
    ratio = float(ratios.median())
    if ratio == 0 or not math.isfinite(ratio) or not agrees(ratios, torch.full_like(ratios, ratio), tolerance):
        return None
    if wanted.numel() > 1:
        return ratio
    size = max(abs(ratio), 1 / abs(ratio))
    near = [
        each for each in (*_FACTORS, *([round(size)] if of_code else [])) if math.isclose(size, each, rel_tol=_EXACT)
    ]
    return ratio if near else None
