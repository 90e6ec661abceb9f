"""The table of one's own that the command of the server names; the page itself never names a file."""

_words: list[str] = []  # of this process, which serves one command


def take(words: list[str]) -> None:
    """Remember the `words` of the command that name a table; none if it names no table."""
    _words[:] = words


def words() -> list[str]:
    """What was remembered."""
    return list(_words)
