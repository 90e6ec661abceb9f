"""The files of `.hydra/` written whole: Hydra itself writes them in place, also into the folder of a resumed run.

Nor are resolvers such as `${oc.env:HOME}` left in a run's configuration: nobody follows those of a run that is opened.
"""

from pathlib import Path
from typing import Any

import hydra.core.utils
from omegaconf import OmegaConf

from src.files import aside
from src.trust.references import without_resolvers


def write_whole() -> None:
    """Have Hydra write configurations aside, so that a run killed meanwhile can still be opened and resumed."""
    hydra.core.utils._save_config = _save_config


def _save_config(cfg: Any, filename: str, output_dir: Path) -> None:
    output_dir.mkdir(parents=True, exist_ok=True)
    if filename == "config.yaml":
        cfg = without_resolvers(cfg)
    with aside(output_dir / filename) as part:
        part.write_text(OmegaConf.to_yaml(cfg), encoding="utf-8")
