"""What a page requests to be trained, and how a change of some settings affects the others."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from src.play import own_table
from src.play.controls import OWN_TABLE
from src.play.points import Points

_KEPT = "network.inputs", "network.hidden_dims", "network.activation", "optimizer", "scheduler", "seed"
"""The settings that stay the same when another dataset is chosen."""
_OF_GROUP = "optimizer.lr", "optimizer.momentum", "optimizer.weight_decay"
_FIT_THE_HEAD = {"experiment", "data.centers", "data.arms"}
_LARGEST_SEED = 2**32


class Asked(NamedTuple):
    """A training that a page requests.

    Attributes:
        settings: Values by the controls' keys; all others are those of the experiment.
        points: Rows edited by hand.
    """

    settings: dict[str, Any]
    points: Points

    def with_news(self, news: dict[str, Any], values: Mapping[str, Any]) -> "Asked":
        """The same with some `news`, where the `values` of all controls are known."""
        settings, points = self.settings | news, self.points
        if "experiment" in news:
            settings, points = {key: values[key] for key in (*_KEPT, *_OF_GROUP) if key in values} | news, Points()
        elif "data.columns" in news:
            points = Points()
        elif any(key.startswith("data.") and key != "data.batch_size" for key in news) or "seed" in news:
            points = points.added()
        if _FIT_THE_HEAD & news.keys() and "head" not in news:
            settings.pop("head", None)
        if "optimizer" in news:
            for key in _OF_GROUP[1:]:
                settings.pop(key, None)
        return Asked(settings, points)

    def with_seed_after(self, seed: int) -> "Asked":
        """The same with the seed that follows this one."""
        return Asked(self.settings | {"seed": (seed + 1) % _LARGEST_SEED}, self.points.added())

    def usual(self) -> "Asked":
        """The experiment with its own settings and rows."""
        return Asked({"experiment": self.settings["experiment"]}, Points())


def first() -> Asked:
    """What a page begins with."""
    return Asked({"experiment": OWN_TABLE if own_table.words() else "xor"}, Points())
