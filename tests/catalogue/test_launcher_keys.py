"""Each key of the vectorized launcher with each kind of value; what they do: `tests/stacking/test_launcher.py`."""

from math import inf
from types import SimpleNamespace

import pytest
from omegaconf import OmegaConf

from src.errors import ConfigError
from src.places import CONF
from src.stacking.launch import prepare
from tests.catalogue.attempts import VALUES
from tests.catalogue.domains import number, one_of, switch, whole

KEYS = {
    "n_jobs": whole(1, inf, 1).or_null(),
    "max_stack": whole(1, inf, 1),
    "seconds_between_checkpoints": number(0, inf, 0),
    "folders": one_of("all", "best", "failed", "none"),
    "figures": switch(True),
    "tensorboard": switch(True),
}
OPTIONS = {key: value for key, value in OmegaConf.load(CONF / "hydra/launcher/vectorized.yaml").items() if key in KEYS}
CASES = [(key, value) for key, domain in KEYS.items() for value in (*VALUES, *domain.works)]


def test_no_key_is_forgotten():
    assert set(OPTIONS) == set(KEYS) == set(OmegaConf.load(CONF / "hydra/launcher/vectorized.yaml")) - {"_target_"}


@pytest.mark.parametrize(("key", "value"), CASES, ids=[f"{key}={value!r}"[:60] for key, value in CASES])
def test_a_value_is_refused_in_a_line_or_arrives(key, value):
    context = SimpleNamespace(config_loader=None)
    master = OmegaConf.create({"hydra": {"sweeper": {"_target_": "another"}}})
    verdict = KEYS[key].verdict(value)
    try:
        launch = prepare(context, None, master, OPTIONS | {key: value})
    except ConfigError as error:
        message = str(error)
        assert verdict is not True, message
        assert message.startswith(f"hydra.launcher.{key}: ")
        assert "\n" not in message
        return
    assert verdict is not False
    assert getattr(launch.options, key) == value
