"""Whether a network's parameters fit in memory, checked before they are created."""

from src.memory import refuse_beyond

_BYTES_PER_PARAMETER = 24  # its value, its gradient, two averages of an optimizer, and copies for checkpoints


def refuse_too_many(num_parameters: int, key: str, value: object) -> None:
    """Raise `ConfigError` if there is not enough free memory to train `num_parameters`.

    Args:
        num_parameters: Number of parameters.
        key: The setting that needs them.
        value: Its value.
    """
    refuse_beyond(num_parameters * _BYTES_PER_PARAMETER, key, f"{num_parameters:,} parameters (got {value})")
