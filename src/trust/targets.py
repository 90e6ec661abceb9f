"""Which classes a configuration may name, and how they are found: two steps before anything is called.

By name, before any import: the class belongs to this project (`src`), to a module of a dependency with such classes, or
to a package that the command line trusts. Then by kind, after the import: it is a class, not a function, derives from
the base class that its place in the configuration requires, and was defined in one of those packages.

The same rules apply to a configuration from a stranger's folder and to one about to be trained, so every run that
trains can be opened again.
"""

import importlib
import importlib.util
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from src.errors import ConfigError

PROJECT = "src"

SPECIAL = frozenset({"_target_", "_args_", "_partial_", "_recursive_", "_convert_"})
"""Keys with which Hydra's `instantiate` builds objects; here only the `_target_` at the top of a group is used."""


@dataclass(frozen=True)
class Kind:
    """The kind of class that a place in the configuration requires.

    Attributes:
        what: A description for messages.
        bases: Modules and classes, one of which it must derive from.
        rooms: Modules of dependencies that contain such classes, themselves or in submodules.
    """

    what: str
    bases: tuple[tuple[str, str], ...]
    rooms: tuple[str, ...] = ()

    @property
    def base(self) -> str:
        """The class to derive from, for messages."""
        return ".".join(self.bases[0])

    def fits(self, found: type) -> bool:
        """Whether the class `found` is of this kind."""
        return any(issubclass(found, getattr(importlib.import_module(module), name)) for module, name in self.bases)


MOVED = {"src.callbacks.tensorboard.TensorBoardLogger": "src.loggers.tensorboard.TensorBoardLogger"}
"""The names of classes in runs of earlier versions, and their current names."""

_DEMOS = "lightning.pytorch.demos.boring_classes"

KINDS = {
    "data": Kind("a dataset", (("lightning.pytorch", "LightningDataModule"),), (_DEMOS,)),
    "network": Kind("a network", (("torch.nn", "Module"),), ("torch.nn", "torchvision.models")),
    "head": Kind("a head", (("lightning.pytorch", "LightningModule"),), (_DEMOS,)),
    "optimizer": Kind("an optimizer", (("torch.optim", "Optimizer"),), ("torch.optim",)),
    "scheduler": Kind(
        "a scheduler",
        (("torch.optim.lr_scheduler", "LRScheduler"), ("torch.optim.lr_scheduler", "ReduceLROnPlateau")),
        ("torch.optim",),
    ),
    "callbacks.*": Kind("a callback", (("lightning.pytorch", "Callback"),), ("lightning.pytorch.callbacks",)),
    "logger.*": Kind("a logger", (("lightning.pytorch.loggers", "Logger"),), ("lightning.pytorch.loggers",)),
    "trainer": Kind("a Trainer", (("lightning.pytorch", "Trainer"),), ("lightning.pytorch.trainer",)),
    "trainer.strategy": Kind(
        "a strategy", (("lightning.pytorch.strategies", "Strategy"),), ("lightning.pytorch.strategies",)
    ),
    "trainer.profiler": Kind(
        "a profiler", (("lightning.pytorch.profilers", "Profiler"),), ("lightning.pytorch.profilers",)
    ),
}
"""What may have a `_target_`, by its place in the configuration; a star stands for the names of members."""


def check(cfg: Mapping[str, Any], folder: Path) -> None:
    """Refuse a configuration that names what may not be called, before calling anything.

    Args:
        cfg: The resolved configuration; its key `trust` is the command line's.
        folder: The run's folder; no package below it is trusted.

    Raises:
        ConfigError: A target that is not allowed or does not exist, or a trusted package that is not found or comes
            from the run's folder.
    """
    check_names(cfg)
    for package in trusted(cfg.get("trust")):
        _check_home(package, folder)
    for place, _ in _targets(cfg):
        find(cfg, place)


def check_names(cfg: Mapping[str, Any]) -> None:
    """Refuse what can be refused without importing anything: the names in the resolved `cfg`.

    Raises:
        ConfigError: A target is not allowed, or is where none belongs.
    """
    packages = trusted(cfg.get("trust"))
    for place, name in _targets(cfg):
        _check_name(place, name, packages)
    places = _places(cfg)
    for place, key in _specials(cfg):
        if place not in places or key == "_args_":
            raise ConfigError(
                f"{place}.{key}: objects within a group are not built; leave it out, and make the object in the class "
                "that needs it"
            )


def trusted(trust: Any) -> tuple[str, ...]:
    """The packages that the key `trust` names: one, a list of them, or None.

    Raises:
        ConfigError: A name that is not a package's, or one of Python's own.

    Example:
        >>> trusted("mypkg"), trusted(["mypkg", "timm"]), trusted(None)
        (('mypkg',), ('mypkg', 'timm'), ())
    """
    names = [] if trust is None else [trust] if isinstance(trust, str) else trust
    if not isinstance(names, Sequence):
        names = [names]
    for name in names:
        if not isinstance(name, str) or not name.isidentifier():
            raise ConfigError(f"trust: needs the name of a package, without dots (got {name!r}); write trust=mypkg")
        if name in sys.stdlib_module_names or name == PROJECT:
            raise ConfigError(f"trust: {name} cannot be named (Python's own modules and src); name your own package")
    return tuple(names)


def find(cfg: Mapping[str, Any], place: str) -> type[Any]:
    """The class that the `_target_` at a place in the configuration names.

    Args:
        cfg: The whole configuration; its key `trust` is the command line's.
        place: A place such as `network` or `callbacks.history`.

    Raises:
        ConfigError: It is not allowed, does not exist, or is of another kind.

    Example:
        >>> find({"optimizer": {"_target_": "torch.optim.SGD"}}, "optimizer").__name__
        'SGD'
    """
    node: Any = cfg
    for part in place.split("."):
        node = node.get(part) if isinstance(node, Mapping) else None
    name = node.get("_target_") if isinstance(node, Mapping) else None
    packages, kind = trusted(cfg.get("trust")), _kind(place)
    _check_name(place, name, packages)
    key, (module_name, _, class_name) = f"{place}._target_", MOVED.get(str(name), str(name)).rpartition(".")
    try:
        found = getattr(importlib.import_module(module_name), class_name)
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"{key}: there is no module {error.name} (got {name}); is its folder on PYTHONPATH?"
        ) from error
    except AttributeError as error:
        raise ConfigError(f"{key}: {module_name} has no {class_name}; name {kind.what}") from error
    except Exception as error:  # the code of a trusted package may raise anything
        reason = " ".join(str(error).split())
        raise ConfigError(f"{key}: {module_name} cannot be imported ({type(error).__name__}: {reason})") from error
    if not isinstance(found, type) or not kind.fits(found):
        is_a = "is not a class" if not isinstance(found, type) else "is another kind of class"
        raise ConfigError(f"{key}: {name} {is_a}; {kind.what} derives from {kind.base}: wrap it in such a class")
    if _top(found.__module__) not in _tops(kind, packages):
        raise ConfigError(f"{key}: {name} is defined in {found.__module__}, which is not trusted; {_remedy(kind)}")
    return found


def _check_name(place: str, name: Any, packages: tuple[str, ...]) -> None:
    key, kind = f"{place}._target_", _kind(place)
    if not isinstance(name, str) or not all(part.isidentifier() for part in name.split(".")) or "." not in name:
        raise ConfigError(f"{key}: needs the dotted name of a class (got {name!r}); {_remedy(kind)}")
    module, top = name.rpartition(".")[0], _top(name)
    if top in packages:
        return
    hidden = any(part.startswith("_") for part in module.split("."))
    in_a_room = any(_within(module, room) or _within(room, module) for room in (PROJECT, *kind.rooms))
    if hidden or not in_a_room:
        raise ConfigError(f"{key}: {name} is not trusted; {_remedy(kind, top)}")


def _check_home(package: str, folder: Path) -> None:
    """Refuse a package that the run's own folder would supply, as for a command started inside it."""
    if package == "__main__":  # code typed into a notebook
        return
    spec = importlib.util.find_spec(package)
    if spec is None:
        raise ConfigError(f"trust: there is no package {package}; is the folder that contains it on PYTHONPATH?")
    places = [*(spec.submodule_search_locations or []), *([spec.origin] if spec.has_location and spec.origin else [])]
    for place in places:
        if Path(place).resolve().is_relative_to(folder.resolve()):
            raise ConfigError(f"trust: {package} is in the run's own folder ({place}); install it elsewhere")


def _targets(cfg: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Place and name of every target in a valid place."""
    for place in _places(cfg):
        node: Any = cfg
        for part in place.split("."):
            node = node[part]
        if "_target_" in node and not (place == "scheduler" and node["_target_"] is None):
            yield place, node["_target_"]


def _places(cfg: Mapping[str, Any]) -> list[str]:
    """The places in this configuration that may have a target."""
    found = []
    for pattern in KINDS:
        group, _, member = pattern.partition(".")
        node = cfg.get(group)
        if not isinstance(node, Mapping):
            continue
        for name in list(node) if member == "*" else [member]:
            child = node.get(name) if name else node
            if isinstance(child, Mapping):
                found.append(f"{group}.{name}" if name else group)
    return found


def _specials(node: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Place and name of every special key."""
    if isinstance(node, Mapping):
        for key, child in node.items():
            if key in SPECIAL:
                yield place, str(key)
            yield from _specials(child, f"{place}.{key}" if place else str(key))
    elif isinstance(node, Sequence) and not isinstance(node, str):
        for number, child in enumerate(node):
            yield from _specials(child, f"{place}.{number}")


def _kind(place: str) -> Kind:
    return KINDS[place] if place in KINDS else KINDS[f"{place.partition('.')[0]}.*"]


def _within(module: str, package: str) -> bool:
    """Whether a module is a package or lies below it."""
    return f"{module}.".startswith(f"{package}.")


def _top(name: str) -> str:
    return name.partition(".")[0]


def _tops(kind: Kind, packages: tuple[str, ...]) -> set[str]:
    return {PROJECT, *map(_top, kind.rooms), *packages}


def _remedy(kind: Kind, top: str = "") -> str:
    rooms = ", ".join((PROJECT, *kind.rooms))
    own = (
        ""
        if top == PROJECT or top in sys.stdlib_module_names
        else f", or of your own package with trust={top or 'mypkg'}"
    )
    return f"{kind.what} is a class of {rooms}{own}"
