"""From the settings of the page to a command line of `src.train` and its composed configuration."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf

from src.command.quoting import listing, literal, readable
from src.command.tasks import decide
from src.compat.hydra import forget_loader
from src.places import CONF
from src.play.controls import CONTROLS, GROUPS, Control
from src.play.points import columns_beside
from src.play.tables import columns_of, pair_of, words_of
from src.settings import composed as rules
from src.settings.undecided import AUTO
from src.storage.shell import quoted

_CLASSES = "data.centers", "data.arms"
_HIDDEN = {"network.hidden_dims": [], "network.activation": "tanh"}
"""What a perceptron does not have, and what it would be."""


class Composed(NamedTuple):
    """A training that `python -m src.train` would do.

    Attributes:
        words: The words of its command line.
        cfg: The composed configuration, resolved.
        values: The value of each of its controls, by key.
        usual_epochs: The default number of epochs.
        columns: The columns of numbers of its table, of which two are its inputs; empty for other datasets.
    """

    words: list[str]
    cfg: DictConfig
    values: dict[str, Any]
    usual_epochs: int
    columns: tuple[str, ...] = ()

    @property
    def planned(self) -> bool:
        """Whether a schedule is planned for the whole training, which therefore cannot end elsewhere."""
        return self.cfg.scheduler._target_ is not None

    def command(self, epochs: int) -> str:
        """The command line that trains this many `epochs`: those of the plan, if there is one."""
        words = self.words
        if not self.planned:
            words = [word for word in words if not word.startswith("trainer.max_epochs=")]
            words += [f"trainer.max_epochs={epochs}"] * (epochs != self.usual_epochs)
        return f"python -m src.train {quoted(words)}"


def composed(wishes: dict[str, Any], folder: Path) -> Composed:
    """The shortest command line that gives each control the requested value.

    Args:
        wishes: Values by the controls' keys, including `experiment`. Keys that the chosen options do not have are left
            out. If no head is requested, the one that fits the number of classes is chosen.
        folder: The run's folder.

    Raises:
        ConfigError: A value breaks a rule.
        HydraException: A value breaks one of Hydra's rules.
    """
    words = words_of(wishes["experiment"])
    choices, plain = _composed(words)
    if columns := columns_of(plain):
        wishes = wishes | {"data.columns": pair_of(wishes.get("data.columns"), columns)}
        words = [word for word in words if not word.startswith("data.columns=")]
    head = wishes.get("head") or _fitting(wishes, plain, choices["head"])
    wishes = wishes | {"head": head}
    words += [f"{group}={wishes[group]}" for group in GROUPS[1:] if wishes.get(group, choices[group]) != choices[group]]
    if choices["network"] != "mlp" and wishes.get("network.hidden_dims"):
        words.append("network=mlp")
    choices, plain = _composed(words)
    usual_epochs = plain.trainer.max_epochs
    for control in CONTROLS:
        known = _own(plain, control)
        if control.key in wishes and control.key not in GROUPS and known is not _ABSENT:
            value = wishes[control.key]
            if value != known:
                words.append(f"{control.key}={listing(value) if control.kind == 'pair' else _written(value)}")
    whole, cfg = _composed(words, check=True)
    decide(cfg, folder)
    values = _values(cfg, whole | {"experiment": wishes["experiment"]})
    OmegaConf.resolve(cfg)
    return Composed(words, cfg, values, usual_epochs, columns)


def composed_table(
    base: Composed, path: Path, class_names: tuple[str, ...], inputs: tuple[str, ...], folder: Path
) -> Composed:
    """The command line that trains with another one's settings on the rows of a table with two inputs.

    Args:
        base: The other command line, whose dataset has the same classes.
        path: The table.
        class_names: The classes, in order.
        inputs: The names of the inputs.
        folder: The run's folder.

    Raises:
        ConfigError: A value that breaks a rule.
    """
    values, (target, split) = base.values, columns_beside(inputs)
    words = ["data=csv", f"data.path={literal(str(path))}", f"data.target={target}", f"data.split_column={split}"]
    plain = base.cfg.network._target_.endswith("Perceptron")
    scales = OmegaConf.select(base.cfg, "data.standardize", default=False)
    words += [f"data.standardize={str(scales).lower()}", "data.types=null", f"head={values['head']}"]
    words.append(f"network={'perceptron' if plain else 'mlp'}")
    if len(class_names) == 2:
        words.append(f"data.positive={literal(class_names[1])}")
    words += [f"{group}={values[group]}" for group in ("optimizer", "scheduler")]
    others = [control.key for control in CONTROLS if control.key not in GROUPS and not control.key.startswith("data.")]
    others = [key for key in others if not (plain and key in _HIDDEN)]
    words.append(f"data.batch_size={_written(values['data.batch_size'])}")
    words += [f"{key}={_written(values[key])}" for key in others if values.get(key) is not None]
    _, cfg = _composed(words, check=True)
    decide(cfg, folder)
    OmegaConf.resolve(cfg)
    return base._replace(words=words, cfg=cfg)


def for_seeds(words: list[str], seeds: Iterable[int], folder: Path) -> list[dict[str, Any]]:
    """The configurations, plain and resolved, of the same command line with each of some seeds.

    Args:
        words: The words of the command line, those of a training that `composed` has checked.
        seeds: The seeds.
        folder: The run's folder.
    """
    _, cfg = _composed(words)
    decide(cfg, folder)
    found: list[Any] = []
    for seed in seeds:
        cfg.seed = seed
        found.append(OmegaConf.to_container(cfg, resolve=True))
    return found


_ABSENT = object()


def _composed(words: list[str], check: bool = False) -> tuple[dict[str, str], DictConfig]:
    """The chosen option of each group, and the configuration without Hydra's own part."""
    forget_loader()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        whole = compose("train", [readable(word) for word in words], return_hydra_config=True)
        cfg = OmegaConf.masked_copy(whole, [str(key) for key in whole if key != "hydra"])
        if check:
            rules.check(cfg, whole.hydra)
    return {str(group): str(option) for group, option in whole.hydra.runtime.choices.items()}, cfg


def _fitting(wishes: dict[str, Any], cfg: DictConfig, usual: str) -> str:
    """The head for the number of classes."""
    for key in _CLASSES:
        if (known := OmegaConf.select(cfg, key)) is not None:
            return "binary" if wishes.get(key, known) == 2 else "multiclass"
    return usual


def _values(cfg: DictConfig, choices: dict[str, str]) -> dict[str, Any]:
    found = {}
    for control in CONTROLS:
        value = choices[control.key] if control.key in GROUPS else _own(cfg, control)
        if value is not _ABSENT:
            found[control.key] = value
    if found["head"] == AUTO:
        found["head"] = "binary" if cfg.head._target_.endswith("BinaryHead") else "multiclass"
    return _HIDDEN | found


def _own(cfg: DictConfig, control: Control) -> Any:
    """The value of a control; null where it follows another key, and `_ABSENT` where there is no such key."""
    group, _, name = control.key.rpartition(".")
    parent = OmegaConf.select(cfg, group) if group else cfg
    if control.optional and OmegaConf.is_config(parent) and OmegaConf.is_interpolation(parent, name):
        return None
    value = OmegaConf.select(cfg, control.key, default=_ABSENT)
    return OmegaConf.to_container(value) if OmegaConf.is_config(value) else value


def _written(value: Any) -> str:
    """A value as written on the command line; it is a number, a list of numbers, or an option's name."""
    if value is None:
        return "null"
    return f"[{','.join(map(str, value))}]" if isinstance(value, list) else str(value)
