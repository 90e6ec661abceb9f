"""The scores of a training after each epoch, for the curves of the page."""

_MOST_ROWS = 2000  # beyond that, every second row is dropped

Row = dict[str, float]


class History:
    """The scores of the epochs so far, and which of them the page does not have yet.

    Attributes:
        rows: The scores after each epoch by their names, such as `val/loss`, with the number of the `epoch`.

    Example:
        >>> history = History({"val/loss": 0.7})
        >>> history.add(1, {"val/loss": 0.6, "val/f1": 0.5}, ("loss",))
        >>> history.rows, history.news()
        ([{'epoch': 0, 'val/loss': 0.7}, {'epoch': 1, 'val/loss': 0.6}], [{'epoch': 1, 'val/loss': 0.6}])
    """

    def __init__(self, scores: Row) -> None:
        """Begin with the scores before the first epoch."""
        self.rows: list[Row] = [{"epoch": 0, **scores}]
        self._news: list[Row] = []

    def add(self, epoch: int, metrics: Row, names: tuple[str, ...]) -> None:
        """Add the `metrics` of an `epoch` that have these `names`, given without split."""
        row = {"epoch": epoch, **{key: value for key, value in metrics.items() if key.partition("/")[2] in names}}
        self.rows.append(row)
        self._news.append(row)
        if len(self.rows) > _MOST_ROWS:
            self.rows = self.rows[::2]

    def news(self) -> list[Row]:
        """The rows since the last call."""
        found, self._news = self._news, []
        return found
