"""Numbers of things, as messages name them."""


def count(number: int, noun: str) -> str:
    """A `number` and its `noun`, such as `3 jobs`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
