"""Limits how often some work is done: now if the last time is long ago, otherwise later."""

import time


class Throttle:
    """Tells whether some seconds have passed since the last time.

    Args:
        seconds: The pause between two times; the first pause begins when this object is created or `restart`ed.

    Example:
        >>> Throttle(seconds=3600).due(), Throttle(seconds=0).due()
        (False, True)
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.restart()

    def restart(self) -> None:
        """Start a pause now."""
        self._last = time.monotonic()

    def due(self) -> bool:
        """Whether the pause is over; if so, a new one begins."""
        if time.monotonic() - self._last < self.seconds:
            return False
        self.restart()
        return True
