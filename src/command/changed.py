"""Whether a run of a resumed sweep still has its original settings: conf/ may have been edited since."""

import sys
from pathlib import Path
from typing import Any

from src.errors import ConfigError
from src.reporting.terminal import printable
from src.settings.undecided import AUTO
from src.storage.folders import RunFolder
from src.storage.values import known_json
from src.trust.plain import parse_yaml, read_yaml

_CHOSEN = "optimizer.lr"  # by a run itself, if the configuration says auto
_PLACES = ("runs_dir", "data_dir", "resume")  # a moved run is the same run


def changed_settings(config: Path, text: str) -> list[str]:
    """The keys whose values differ between a saved configuration and that of the same run now.

    Args:
        config: The saved file; one that is missing or cannot be read counts as unchanged.
        text: The YAML that would be saved now.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as root:
        ...     config = Path(root, "config.yaml")
        ...     _ = config.write_text("{seed: 1, optimizer: {lr: 0.1}, runs_dir: here}")
        ...     changed_settings(config, "{seed: 1, optimizer: {lr: 0.2}, runs_dir: there}")
        ['optimizer.lr']
        >>> with TemporaryDirectory() as root:
        ...     config = Path(root, "config.yaml")
        ...     _ = config.write_text("optimizer: {lr: 0.1}")
        ...     changed_settings(config, "optimizer: {lr: auto}")  # the run has chosen it
        []
    """
    try:
        if not config.is_file() or config.read_text(encoding="utf-8") == text:
            return []
        before, now = _flat(read_yaml(config)), _flat(parse_yaml(text, str(config)))
    except (ConfigError, OSError, UnicodeDecodeError):
        return []
    keys = sorted(before.keys() ^ now.keys() | {key for key in before.keys() & now.keys() if before[key] != now[key]})
    return [key for key in keys if key not in _PLACES and not (key == _CHOSEN and now.get(key) == AUTO)]


def tell(number: int, keys: list[str], outcome: str) -> None:
    """Print that run `number` of a sweep was started with other values of some `keys`, and the `outcome`."""
    print(f"#{number}: conf/ now gives it different settings ({', '.join(keys)}); {outcome}", file=sys.stderr)


def tell_finished(number: int, run: RunFolder, keys: list[str]) -> None:
    """Print what the folder of a finished run of a resumed sweep does not show: changed settings or broken metrics.

    Args:
        number: The run's number in the sweep.
        run: The run's folder.
        keys: The keys whose values `conf/` has changed since.
    """
    if keys:
        tell(number, keys, "it has finished and is left as it is")
    if not known_json(run.metrics):
        line = f"#{number}: {run.metrics} cannot be read; remove it, and sweep_resume will evaluate the run again"
        print(printable(line), file=sys.stderr)


def _flat(node: Any, above: str = "") -> dict[str, Any]:
    if not isinstance(node, dict) or not node:
        return {above: node}
    flat: dict[str, Any] = {}
    for name, child in node.items():
        flat |= _flat(child, f"{above}.{name}" if above else str(name))
    return flat
