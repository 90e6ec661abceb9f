"""Records which jobs of a sweep were submitted together, and under which name, for a resumed sweep to read."""

from pathlib import Path
from typing import NamedTuple

from src.storage.folders import SweepFolder
from src.storage.values import known_json, write_json


class Handed(NamedTuple):
    """A task that was submitted.

    Attributes:
        numbers: Its jobs' numbers in the sweep.
        name: The cluster's name for it, such as Slurm's `12_3`; empty if the cluster forgets it.
    """

    numbers: list[int]
    name: str


def read(sweep: Path) -> dict[int, Handed]:
    """The submitted tasks of a `sweep`, by the number of the first job."""
    found = known_json(_place(sweep), most=2**28).get("tasks")
    tasks = [each for each in found if _is_task(each)] if isinstance(found, list) else []
    return {min(each["numbers"]): Handed(each["numbers"], each["name"]) for each in tasks}


def write(sweep: Path, handed: dict[int, Handed]) -> None:
    """Record the tasks of a `sweep` that were `handed` to a cluster."""
    write_json(_place(sweep), {"tasks": [each._asdict() for each in handed.values()]}, durable=True)


def _is_task(found: object) -> bool:
    if not isinstance(found, dict) or not isinstance(found.get("name"), str):
        return False
    numbers = found.get("numbers")
    return isinstance(numbers, list) and bool(numbers) and all(type(each) is int for each in numbers)


def _place(sweep: Path) -> Path:
    return SweepFolder(sweep).tasks / "tasks.json"
