"""Work that may wait: done at once when the last time is long past, else kept for later."""

import time


class Throttle:
    """Says whether some seconds have passed since the last time.

    Args:
        seconds: The pause between two times; the first pause begins when this object is made or `restart`ed.

    Example:
        >>> Throttle(seconds=3600).due(), Throttle(seconds=0).due()
        (False, True)
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.restart()

    def restart(self) -> None:
        """Begin a pause now."""
        self._last = time.monotonic()

    def due(self) -> bool:
        """True, and a new pause begins, if the pause is over."""
        if time.monotonic() - self._last < self.seconds:
            return False
        self.restart()
        return True
