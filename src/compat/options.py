"""Lets Hydra name a broken option file, which anybody may have written, in one line.

Hydra passes on PyYAML's error as a traceback that does not name the file.
Tested with hydra-core 1.3.4 and 1.3.8.
"""

from pathlib import Path

import yaml  # type: ignore[import-untyped]
from hydra._internal.config_repository import ConfigRepository
from hydra.errors import ConfigCompositionException
from hydra.plugins.config_source import ConfigResult


def name_broken_files() -> None:
    """Let Hydra name the file that it cannot read, the line and the reason."""
    load = ConfigRepository.load_config
    if hasattr(load, "hydras"):
        return

    def load_config(self: ConfigRepository, config_path: str) -> ConfigResult | None:
        try:
            return load(self, config_path)
        except yaml.YAMLError as error:
            mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None) or "unreadable"
            where = "" if mark is None else f" in line {mark.line + 1}"
            line = f"{_file(self, config_path)}: is not valid YAML{where} ({problem}); fix it"
            raise ConfigCompositionException(line) from error
        except UnicodeDecodeError as error:
            line = f"{_file(self, config_path)}: is not UTF-8 ({error.reason}); save it as UTF-8"
            raise ConfigCompositionException(line) from error

    load_config.hydras = load  # type: ignore[attr-defined]
    ConfigRepository.load_config = load_config  # type: ignore[method-assign]


def _file(repository: ConfigRepository, config_path: str) -> str:
    """The file that a repository looks up, from the first of its sources that has it."""
    for source in repository.get_sources():
        if source.is_config(config_path):
            return str(Path(source.path.removeprefix("file://"), config_path.removesuffix(".yaml") + ".yaml"))
    return config_path
