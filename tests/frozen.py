"""Imported last in the process that commands start from: composes what many of them need, and freezes memory.

A garbage collection in a command would copy all pages of the imported modules.
"""

import gc

from hydra import compose, initialize_config_dir

from src.command import tasks  # noqa: F401  # lets Hydra keep what it composes
from src.places import CONF

OFTEN = [], ["experiment=xor"], ["experiment=xor", "logger=none"], ["logger=none"], ["experiment=moons"]


def _compose_all() -> None:
    for words in OFTEN:
        choices = compose("train", words, return_hydra_config=True).hydra.runtime.choices
        groups = [f"{group}={choice}" for group, choice in choices.items() if choice and "hydra" not in group]
        compose("train", [group for group in groups if not group.startswith("experiment")])  # which the rules compose


with initialize_config_dir(str(CONF), version_base="1.3"):
    _compose_all()
    _compose_all()
gc.collect()
gc.freeze()
