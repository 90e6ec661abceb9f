"""Whether a network's parameters fit in memory, asked before they are made."""

from src.memory import refuse_beyond

_BYTES_PER_PARAMETER = 24  # its value, gradient and two averages of an optimizer, and the copies that a checkpoint is


def refuse_too_many(num_parameters: int, key: str, value: object) -> None:
    """Raise `ConfigError` where `num_parameters` cannot be trained in the memory that is free.

    Args:
        num_parameters: How many.
        key: The setting that asks for them.
        value: What it is set to.
    """
    refuse_beyond(num_parameters * _BYTES_PER_PARAMETER, key, f"{num_parameters:,} parameters (got {value})")
