"""A contract with a library: what its internals do for this project, and which upgrade broke it."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from src.compat.missing import installed


@contextmanager
def contract(function: Callable[..., Any], *libraries: str) -> Iterator[None]:
    """Within the block, fail with a line that names the `libraries` whose internals a `function` relies on."""
    try:
        yield
    except Exception as error:
        seen = re.search(r"Tested with ([^.]|\.\d)*", function.__doc__ or "")
        here = " and ".join(map(installed, libraries))
        promise = f"{function.__qualname__} ({seen.group().lower() if seen else 'seen with nothing'})"
        pytest.fail(f"{here} broke {promise}: {type(error).__name__}: {error}")
