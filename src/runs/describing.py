"""A description of a dataset in a few lines and a figure, before anything is trained on it."""

import logging
from pathlib import Path
from typing import Annotated, Any

import torch
from omegaconf import DictConfig, OmegaConf
from pydantic import BaseModel, Field, ValidationError
from torch import Tensor

from src.building import choosing
from src.building.making import make
from src.callbacks.figures import save
from src.data.base import InMemoryDataModule
from src.data.rows import Rows, label_counts
from src.data.tabular.file import TableFile
from src.errors import ConfigError
from src.heads.drawing import Drawing
from src.reporting.columns import folded
from src.reporting.facts import class_line, facts_lines
from src.reporting.remarks import remark
from src.runs import data_facts
from src.runs.doubts import say_doubts
from src.settings.rules import Seed
from src.settings.wording import one_line
from src.storage.products import product
from src.storage.values import write_json
from src.trust import targets

log = logging.getLogger(__name__)

_EACH = 8  # images per class
_MOST_CLASSES = 10
_PICTURE = "distributions"


def describe(cfg: DictConfig) -> Path:
    """Print a description of a dataset, write it and a figure, and return the folder of both.

    Args:
        cfg: The configuration of `conf/describe.yaml`.

    Raises:
        ConfigError: The data cannot be read, or the output is not this command's own.
    """
    plain = _checked(cfg)
    kind = targets.find(plain, "data")
    if not issubclass(kind, InMemoryDataModule):
        raise ConfigError(
            f"data: only datasets of this project can be described (got {plain['data']['_target_']}); choose another"
        )
    if issubclass(kind, TableFile) and plain["data"].get("path") is not None and plain["data"].get("target") is None:
        facts, draw = _columns_alone(cfg)
    else:
        facts, draw = _for_prediction(cfg)
    name = Path(str(plain["data"].get("path") or kind.__name__)).stem
    folder = Path("described", name) if cfg.output is None else Path(cfg.output)
    with product(folder, "description", "output", ours=lambda _: False, force=cfg.force) as scratch:
        if draw is not None:
            save([Drawing(_PICTURE, _PICTURE, 0, draw)], scratch, [])
        write_json(scratch / "data.json", facts)
    log.info("written to %s", folder)
    return folder


class DescribeRules(BaseModel):
    """The keys of `conf/describe.yaml`, except those of the dataset."""

    seed: Seed
    data_dir: Annotated[str, Field(min_length=1)]
    output: Annotated[str, Field(min_length=1)] | None = None
    force: bool = False


def _checked(cfg: DictConfig) -> dict[str, Any]:
    """A configuration as plain values; raises `ConfigError` if a key breaks its rule."""
    for group in ("data", "head"):
        if not isinstance(cfg.get(group), DictConfig):
            raise ConfigError(
                f"{group}: needs the keys of one of its options (got {cfg.get(group)}); choose one with {group}=…"
            )
    plain: Any = OmegaConf.to_container(cfg, resolve=True)
    try:
        DescribeRules.model_validate(plain)
    except ValidationError as error:
        raise ConfigError(one_line("", error)) from error
    targets.check(plain, Path())
    targets.find(plain, "head")
    return dict(plain)


def _for_prediction(cfg: DictConfig) -> tuple[dict[str, Any], Any]:
    """The facts about data with a target, and a function that draws it."""
    choosing.settle(cfg, Path())
    data: InMemoryDataModule = make(cfg, "data")
    sizes = [len(rows.y) for rows in data.splits]
    say_doubts(cfg, data)
    rows = f"{sizes[0]:,} training, {sizes[1]:,} validation and {sizes[2]:,} test rows"
    choice = "" if choosing.chosen() is None else f"; {choosing.chosen()}"
    where = data.source.name if data.source else type(data).__name__
    log.info("%s", folded(f"{where}: {rows}{choice}"))
    facts = data_facts.of(data)
    if facts is None:
        counts = dict(zip(data.class_names, data.spec.class_counts, strict=True))
        facts = {"rows": sum(sizes), "inputs": data.spec.num_inputs, "classes": counts}
        lines = class_line(counts, data.task == "multilabel")
    else:
        lines = facts_lines(facts)
    for line in lines:
        log.info("%s", folded(f"  {line}"))
    if data.spec.is_image:
        return facts, lambda: _pictures(data)
    x, y = data.load().train if data.inputs_of_columns else data.splits.train
    return facts, None if x.ndim != 2 else lambda: _distributions(data, Rows(x, y), where)


def _columns_alone(cfg: DictConfig) -> tuple[dict[str, Any], Any]:
    """The facts about a table without a target, and a function that draws it."""
    asked = OmegaConf.merge(cfg, {"data": {"target": 0, "task": "classification"}})
    data: TableFile = make(asked, "data")  # type: ignore[arg-type]
    facts, x = data.described_alone()
    for kind, text in data.doubts:
        if data.strict:
            raise ConfigError(f"data.strict: {text}")
        remark(kind, text)
    log.info("%s: %s rows, %s columns", data.path, f"{facts['rows']:,}", f"{len(facts['columns']):,}")
    for line in facts_lines(facts):
        log.info("%s", folded(f"  {line}"))
    log.info("  data.target=COLUMN shows them by target")

    def draw() -> Any:
        from src.plots.distributions import Target, distributions_figure

        return distributions_figure(_shown(data, x), Target("", None, {}), f"{data.path.name}: {len(x):,} rows")

    return facts, draw


def _distributions(data: InMemoryDataModule, rows: Rows, where: str) -> Any:
    from src.plots.distributions import Target, distributions_figure

    x, y = rows
    name = data.target_name
    if data.class_names:
        marks = torch.nn.functional.one_hot(y, len(data.class_names)) if y.ndim == 1 else y
        groups = {each: marks[:, place].bool().numpy() for place, each in enumerate(data.class_names)}
        target = Target(name, None, groups)
    else:
        target = Target(name, y.double().numpy(), {})
    return distributions_figure(_shown(data, x), target, f"{Path(where).name}: {len(y):,} training rows")


def _shown(data: InMemoryDataModule, x: Tensor) -> list[Any]:
    """The columns of rows x [N, F] before scaling."""
    from src.plots.distributions import Shown

    names = data.feature_names or tuple(f"x{place + 1}" for place in range(x.shape[1]))
    shown = []
    for column, places in (data.inputs_of_columns or {name: [place] for place, name in enumerate(names)}).items():
        cells = x[:, places].double().numpy()
        if all(names[place].startswith(f"{column}=") for place in places):
            kinds = {names[place].removeprefix(f"{column}="): cells[:, i] == 1 for i, place in enumerate(places)}
            shown.append(Shown(column, None, kinds))
        else:
            shown.append(Shown(names[places[0]], cells[:, 0], {}))
    return shown


def _pictures(data: InMemoryDataModule) -> Any:
    """Some training images of each class."""
    from src.plots.images import classes_figure

    x, y = data.splits.train
    counts = label_counts(y, len(data.class_names))
    labels = counts.argsort(descending=True, stable=True)[:_MOST_CLASSES].sort().values.tolist()
    found = {}
    for label in labels:
        rows = (y == label if y.ndim == 1 else y[:, label] == 1).nonzero().flatten()
        found[f"{data.class_names[label]} ({len(rows):,})"] = x[rows[:_EACH]]
    return classes_figure(found)
