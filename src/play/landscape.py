"""The loss over two weights of a network, while all others stay as they are."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.func import functional_call, vmap

from src.data.rows import Rows
from src.errors import ConfigError
from src.heads.base import Head
from src.play.hand import checked_place
from src.play.telling import Teller
from src.play.training import Stretch
from src.replay.encoding import encoded

SIDE = 31  # values of each weight
_MOST_ROWS = 1000
_MOST_NUMBERS = 2**22  # held at once
_FARTHEST = 1e4


def answer(stretch: Stretch, _: Teller, message: dict[str, Any]) -> dict[str, Any]:
    """The landscape of a `stretch` for a page whose `message` names two weights and the bounds of each.

    Raises:
        ConfigError: There are no such weights, or the bounds are not numbers.
    """
    head, rows = stretch.parts.head, some_rows(stretch.parts.datamodule.splits.train)
    places = checked_places(message.get("places"), sum(each.numel() for each in head.network.parameters()))
    window = checked_window(message.get("window"))
    losses = encoded(landscape(head, rows, places, window))["bytes"]
    return {"type": "landscape", "places": places, "window": window, "losses": losses, "rows": len(rows.x)}


def landscape(head: Head, rows: Rows, places: tuple[int, int], window: tuple[float, ...]) -> Tensor:
    """The mean loss [SIDE, SIDE] over `rows`; the first weight runs along columns, the second along rows.

    Args:
        head: The head.
        rows: Rows x [N, F] with labels y [N].
        places: The numbers of the two weights.
        window: The smallest and largest value of the first weight, then of the second.
    """
    shapes = {name: each.shape for name, each in head.network.named_parameters()}
    now = torch.cat([each.detach().flatten() for each in head.network.parameters()])
    across, up = (torch.linspace(window[i], window[i + 1], SIDE, dtype=now.dtype) for i in (0, 2))
    pairs = torch.cartesian_prod(up, across)

    def loss_with(pair: Tensor) -> Tensor:
        flat = now.index_put((torch.tensor([places[1], places[0]]),), pair)
        parts = flat.split([shape.numel() for shape in shapes.values()])
        named = {name: part.view(shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)}
        return head.loss(head.logits(functional_call(head.network, named, (rows.x,))), rows.y)

    widest = max(shape[0] for shape in shapes.values())
    at_once = max(1, _MOST_NUMBERS // (len(now) + len(rows.x) * widest))
    with torch.no_grad():
        return vmap(loss_with, chunk_size=at_once)(pairs).reshape(SIDE, SIDE)


def some_rows(rows: Rows) -> Rows:
    """All `rows` or, if there are many, every second, third, ….

    Example:
        >>> len(some_rows(Rows(torch.zeros(5000, 2), torch.zeros(5000))).x)
        1000
    """
    step = -(-len(rows.x) // _MOST_ROWS)
    return Rows(rows.x[::step], rows.y[::step])


def checked_places(places: Any, num_weights: int) -> tuple[int, int]:
    """The numbers of two weights, the `places` from a page.

    Raises:
        ConfigError: They are not two different weights of a network with `num_weights`.
    """
    if not isinstance(places, list) or len(places) != 2 or places[0] == places[1]:
        raise ConfigError("weights: a landscape needs two different weights; choose another")
    first, second = (checked_place(place, num_weights) for place in places)
    return first, second


def checked_window(window: Any) -> tuple[float, ...]:
    """The bounds of two weights, the `window` from a page.

    Raises:
        ConfigError: They are not two intervals.
    """
    numbers = isinstance(window, list) and len(window) == 4 and all(map(_is_number, window))
    if not numbers or not (window[0] < window[1] and window[2] < window[3]):
        raise ConfigError("weights: a landscape needs the bounds of two weights; reload the page")
    return tuple(map(float, window))


def _is_number(value: Any) -> bool:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return usable and abs(value) <= _FARTHEST
