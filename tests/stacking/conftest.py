"""What the tests of sweeps share: the same runs trained one by one and as a stack."""

import csv
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf

from src.stacking.folders import write_curves, write_metrics
from src.stacking.members import Member, MemberFactory
from src.stacking.stack import Stack
from src.stacking.together import in_stacks
from tests.conftest import compose_train
from tests.conftest import trained as alone

PLAIN = ["logger=none", "callbacks.progress_bar=null", "callbacks.figures=null"]


def composed(overrides):
    return compose_train(*PLAIN, *overrides)


def filled(cfgs, root: Path) -> tuple[list[Member], MemberFactory]:
    members = []
    for number, cfg in enumerate(cfgs):
        folder = root / str(number)
        (folder / ".hydra").mkdir(parents=True, exist_ok=True)
        OmegaConf.save(cfg, folder / ".hydra" / "config.yaml")
        members.append(Member(number, OmegaConf.to_container(cfg, resolve=True), folder))
    factory = MemberFactory(members[0])
    for member in members:
        assert factory.reason_against(member) is None
        factory.fill(member)
    return members, factory


def finish(stack: Stack) -> None:
    """Train a stack to its end and write its members' folders."""

    def write(member, rows):
        write_curves(member.folder, stack.module.history.columns, rows)
        if member.error is None:
            write_metrics(member.folder, member.metrics)

    stack.run(write)


def stacked(cfgs, root: Path) -> list[Member]:
    members, factory = filled(cfgs, root)
    (stack,) = in_stacks(members)
    finish(Stack(stack, factory))
    return members


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., list[tuple[Path, Path]]]:
    """Folders of the same runs, trained alone and stacked: `both(common, [overrides of each run])`.

    They are trained on first use; later calls return the same folders, which must not be changed.
    """

    @cache
    def train(common, each):
        folder = tmp_path_factory.mktemp("both")
        cfgs = [composed([*common, *more]) for more in each]
        members = stacked(cfgs, folder / "stack")
        pairs = []
        for cfg, member in zip(cfgs, members, strict=True):
            alone(cfg, folder / "alone" / str(member.number))
            pairs.append((folder / "alone" / str(member.number), member.folder))
        return pairs

    return lambda common, each: train(tuple(common), tuple(map(tuple, each)))


def checkpoint(folder, name):
    return torch.load(folder / "checkpoints" / f"{name}.ckpt", weights_only=True)


def metrics(folder):
    return json.loads((folder / "metrics.json").read_text())


def curves(folder):
    with (folder / "metrics.csv").open() as file:
        return list(csv.DictReader(file))
