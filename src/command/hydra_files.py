"""The files of `.hydra/`, written atomically once a configuration has been checked.

Hydra itself writes them in place and before the check, even into the folder of a resumed or finished run.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from src.errors import ConfigError
from src.storage.files import aside, make_folders
from src.storage.folders import RUN, RunFolder
from src.trust.plain import parse_yaml, read_yaml
from src.trust.references import without_resolvers

Files = dict[str, str]
"""The text of each file by name."""


def of_job(cfg: DictConfig) -> Files:
    """The files of the job that Hydra has just called with a configuration `cfg`, before it is resolved.

    Empty if another process of the same training writes them.
    """
    hydra: Any = HydraConfig.instance().cfg
    return composed(cfg, hydra) if hydra.hydra.output_subdir == str(RUN.hydra) else {}


def composed(cfg: DictConfig, hydra: DictConfig) -> Files:
    """The files of a job with a configuration `cfg` and Hydra's own, `hydra`.

    Resolvers such as `${oc.env:HOME}` are replaced by their values, since opening a run later does not resolve them.
    """
    return {
        RUN.config.name: OmegaConf.to_yaml(without_resolvers(cfg)),
        RUN.hydra_config.name: OmegaConf.to_yaml(hydra),
        RUN.overrides.name: OmegaConf.to_yaml(hydra.hydra.overrides.task),
    }


def of_resumed(files: Files, run: RunFolder) -> Files:
    """The `files` of a resumed `run`: its original words are kept, except for keys that are set again.

    `src.compare` reads the run's setting from these words and the options they chose.
    """
    before, now = _words(run.overrides), parse_yaml(files[RUN.overrides.name], RUN.overrides.name)
    if before is None or not run.hydra_config.is_file():
        return files
    new = [word for word in now if key_of(word) != "resume"]
    keys = {"resume", *map(key_of, new)}
    words = [*(word for word in before if key_of(word) not in keys), *new]
    return {RUN.config.name: files[RUN.config.name], RUN.overrides.name: OmegaConf.to_yaml(OmegaConf.create(words))}


def key_of(word: str) -> str:
    """The key that a `word` of the command line sets, adds or deletes.

    Example:
        >>> key_of("+data.noise=0.1"), key_of("~data.positive")
        ('data.noise', 'data.positive')
    """
    return word.lstrip("+~").partition("=")[0]


def _words(path: Path) -> list[str] | None:
    """The overrides in the file at `path`; None if it is not a list of them."""
    try:
        found = read_yaml(path)
    except (ConfigError, OSError):
        return None
    return found if isinstance(found, list) and all(isinstance(word, str) for word in found) else None


@contextmanager
def written(files: Files, run: RunFolder) -> Iterator[None]:
    """Write `files` into the folder of a `run`; if the block refuses the configuration, restore the previous ones."""
    before = {path: path.read_bytes() for name in files if (path := run.hydra / name).is_file()}
    write(files, run)
    try:
        yield
    except (ConfigError, OmegaConfBaseException):
        for path, content in before.items():
            with aside(path) as part:
                part.write_bytes(content)
        raise


def write(files: Files, run: RunFolder) -> None:
    """Write `files` into the folder of a `run`, each atomically."""
    make_folders(run.hydra)
    for name, text in files.items():
        with aside(run.hydra / name) as part:
            part.write_text(text, encoding="utf-8")
