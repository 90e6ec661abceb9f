"""Settings as they are typed on the command line."""

from collections.abc import Sequence
from typing import Any


def shown(value: Any) -> str:
    """A value as it is typed on the command line.

    Example:
        >>> shown((16, 8)), shown(0.1)
        ('[16,8]', '0.1')
    """
    return f"[{','.join(map(str, value))}]" if isinstance(value, tuple) else str(value)


def named(values: Sequence[Any], keys: Sequence[str], between: str = "\n") -> str:
    """A setting as it is typed on the command line.

    Args:
        values: The values of its keys.
        keys: The keys that define a setting.
        between: The separator.

    Example:
        >>> named((0.1, (8, 8)), ["optimizer.lr", "network.hidden_dims"], " ")
        'optimizer.lr=0.1 network.hidden_dims=[8,8]'
    """
    return between.join(f"{key}={shown(value)}" for key, value in zip(keys, values, strict=True))
