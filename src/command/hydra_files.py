"""The files of `.hydra/`, written whole once a configuration has been checked.

Hydra itself writes them in place and before that, also into the folder of a run that is resumed or has finished.
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
"""Text of each file by its name."""


def of_job(cfg: DictConfig) -> Files:
    """Those of the job that Hydra has just called with a configuration `cfg`, before that is resolved.

    Empty where another process of the same training writes them.
    """
    hydra: Any = HydraConfig.instance().cfg
    return composed(cfg, hydra) if hydra.hydra.output_subdir == str(RUN.hydra) else {}


def composed(cfg: DictConfig, hydra: DictConfig) -> Files:
    """Those of a job with a configuration `cfg` and `hydra`'s own.

    Resolvers such as `${oc.env:HOME}` are replaced by their values: nobody follows those of a run that is opened.
    """
    return {
        RUN.config.name: OmegaConf.to_yaml(without_resolvers(cfg)),
        RUN.hydra_config.name: OmegaConf.to_yaml(hydra),
        RUN.overrides.name: OmegaConf.to_yaml(hydra.hydra.overrides.task),
    }


def of_resumed(files: Files, run: RunFolder) -> Files:
    """The `files` of a `run` that is resumed: the words that it was begun with stay, but for those that are set anew.

    By these words, and by the options that they chose, `src.compare` knows its setting.
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
    """The overrides in the file at `path`; None where it holds none."""
    try:
        found = read_yaml(path)
    except (ConfigError, OSError):
        return None
    return found if isinstance(found, list) and all(isinstance(word, str) for word in found) else None


@contextmanager
def written(files: Files, run: RunFolder) -> Iterator[None]:
    """Write `files` into the folder of a `run`; where the block refuses the configuration, what was there is back."""
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
    """Write `files` into the folder of a `run`, each whole."""
    make_folders(run.hydra)
    for name, text in files.items():
        with aside(run.hydra / name) as part:
            part.write_text(text, encoding="utf-8")
