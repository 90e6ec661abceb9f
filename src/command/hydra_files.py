"""The files of `.hydra/` written whole: Hydra itself writes them in place, also into the folder of a resumed run.

Nor are resolvers such as `${oc.env:HOME}` left in a run's configuration: nobody follows those of a run that is opened.
The files of a sweep's run that has finished stay as they are.
"""

from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import OmegaConf

from src.command.changed import changed_settings
from src.compat.hydra import save_by
from src.storage.files import aside
from src.storage.folders import RUN, RunFolder
from src.trust.references import without_resolvers

_before: dict[Path, bytes] = {}
_changed: dict[Path, list[str]] = {}


def write_whole() -> None:
    """Have Hydra write configurations aside, so that a run killed meanwhile can still be opened and resumed."""
    save_by(_save)


def forget() -> None:
    """Begin a command, which has changed no run yet."""
    _before.clear()
    _changed.clear()


def put_back() -> None:
    """Give a run's `.hydra/` the content that it had before this command, which was refused."""
    for path, content in _before.items():
        with aside(path) as part:
            part.write_bytes(content)


def changed_since(folder: Path) -> list[str]:
    """The keys to which this command gave other values than an earlier try at the run in a sweep's `folder` had."""
    return _changed.get(folder.resolve(), [])


def _save(cfg: Any, filename: str, output_dir: Path) -> None:
    output_dir.mkdir(parents=True, exist_ok=True)
    if filename == RUN.config.name:
        cfg = without_resolvers(cfg)
    text = OmegaConf.to_yaml(cfg)
    if HydraConfig.initialized() and HydraConfig.get().mode == RunMode.MULTIRUN:
        run = RunFolder(output_dir.parent)
        if filename == RUN.config.name:
            _changed[run.path.resolve()] = changed_settings(run.config, text)
        if run.finished:
            return
    path = output_dir / filename
    if path.is_file():
        _before.setdefault(path.absolute(), path.read_bytes())
    with aside(path) as part:
        part.write_text(text, encoding="utf-8")
