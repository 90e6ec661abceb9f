"""Which runs of a stack take their steps together: neither too few for a thread, nor too many for the cache."""

from itertools import pairwise

_SHARE = 2**22  # multiply-adds of a step that justify a thread of their own; with fewer, threads wait for one another
_MOST = 2**20  # parameters that step together; with ten times as many, each took twice the time, out of main memory


def parts(num_runs: int, num_parameters: int, batch_size: int, threads: int) -> list[slice]:
    """Neighbouring runs that take their steps together, on some `threads`.

    Args:
        num_runs: Number of runs.
        num_parameters: Numbers in a row of the stack: the parameters and buffers of a run.
        batch_size: Rows in a minibatch.
        threads: Most threads that may share the runs.

    Example:
        >>> parts(64, 17, 128, threads=2)  # XOR: a step is over before another thread would have begun
        [slice(0, 64, None)]
        >>> parts(3, 1_000_000, 128, threads=2)
        [slice(0, 1, None), slice(1, 2, None), slice(2, 3, None)]
    """
    numbers = num_runs * num_parameters
    busy = max(1, min(threads, numbers * batch_size // _SHARE))
    rounds = max(1, -(-numbers // (busy * _MOST)))
    return evenly(num_runs, min(num_runs, busy * rounds))


def evenly(length: int, number: int) -> list[slice]:
    """A `number` of neighbouring parts of similar size of a sequence of some `length`.

    Example:
        >>> evenly(5, 2), evenly(0, 0)
        ([slice(0, 2, None), slice(2, 5, None)], [])
    """
    return [slice(*pair) for pair in pairwise(length * i // max(number, 1) for i in range(number + 1))]
