"""Settings that cannot be changed on a page, because its address says so, as in `lock=data,optimizer.lr`."""

from typing import Any

from src.errors import ConfigError, choice
from src.play.controls import BY_KEY, differing

_GROUPS = "data", "network", "training"
_ALL, _ROWS, _WEIGHTS = "all", "rows", "weights"
_MOST = 50


def group_of(key: str) -> str:
    """The group of settings on the page to which a control's `key` belongs.

    Example:
        >>> group_of("data.noise"), group_of("head"), group_of("data.batch_size")
        ('data', 'network', 'training')
    """
    if key == "experiment" or (key.startswith("data.") and key != "data.batch_size"):
        return "data"
    return "network" if key == "head" or key.startswith("network.") else "training"


class Locks:
    """What is locked: nothing at first, and never less than before."""

    def __init__(self) -> None:
        self._names: set[str] = set()

    def add(self, names: Any) -> None:
        """Lock controls, rows and weights by their `names`: a key, a group, `rows`, `weights`, or `all`.

        Raises:
            ConfigError: There is no such name; nothing is locked.
        """
        if not isinstance(names, list) or len(names) > _MOST:
            raise ConfigError("lock: should be names of settings, separated by commas; see docs/teaching.md")
        known = [_ALL, _ROWS, _WEIGHTS, *_GROUPS, *BY_KEY]
        for name in names:
            if name not in known:
                raise ConfigError(f"lock: this page has no setting {name!r:.40}; {choice(str(name), known)}")
        self._names.update(names)

    @property
    def rows(self) -> bool:
        """Whether rows are locked, which `data` includes."""
        return not self._names.isdisjoint({_ALL, _ROWS, "data"})

    def locked(self, key: str) -> bool:
        """Whether the control with this `key` is locked."""
        return not self._names.isdisjoint({_ALL, key, group_of(key)})

    def check(self, before: dict[str, Any], after: dict[str, Any]) -> None:
        """Raise `ConfigError` if a locked control's value before a change differs from that after it."""
        for key in differing(before, after):
            if self.locked(key):
                raise ConfigError(f"{key}: is locked on this page; open it without lock= to change it")

    def check_rows(self) -> None:
        """Raise `ConfigError` if rows are locked."""
        if self.rows:
            raise ConfigError("rows: are locked on this page; open it without lock= to change them")

    def check_weights(self) -> None:
        """Raise `ConfigError` if weights are locked."""
        if not self._names.isdisjoint({_ALL, _WEIGHTS}):
            raise ConfigError("weights: are locked on this page; open it without lock= to change them")
