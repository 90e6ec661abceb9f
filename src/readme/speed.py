"""The last results of `make bench`, as the table and the chart of the documentation."""

from typing import NamedTuple

from src.places import CONF

CHART = CONF.parent / "docs" / "images" / "speed.png"


class Ratio(NamedTuple):
    """The ratio of this project's time to another's, the median over rounds.

    Attributes:
        task: The problem that was trained.
        other: What this project is compared with.
        value: Our time divided by theirs.
    """

    task: str
    other: str
    value: float


_DATALOADER, _SLICED = "a loop over DataLoader", "a loop over sliced tensors"
XOR, FASHION, SEEDS = "XOR", "Fashion-MNIST", "one of 256 seeds of XOR"

RATIOS = (
    Ratio(XOR, _DATALOADER, 0.28),
    Ratio(XOR, _SLICED, 0.75),
    Ratio(FASHION, "torchvision's loop", 0.12),
    Ratio(FASHION, _SLICED, 0.74),
    Ratio(SEEDS, _SLICED, 0.026),
    Ratio(SEEDS, "Hydra's basic launcher", 0.021),
)


def speed_markdown() -> str:
    """The ratios as a table."""
    lines = [f"| {ratio.task} | {ratio.other} | {ratio.value:g} |" for ratio in RATIOS]
    return "\n".join(["| training | compared with | time of this project over that |", "|---|---|---|", *lines])


def speed_chart() -> bytes:
    """The ratios as bars, with a line where both are equally fast: a PNG."""
    from src.plots.palette import COLORS, INK
    from src.plots.style import new_figure, to_png  # Matplotlib is not needed for the table

    figure, (panel,) = new_figure(7.6, 2.9)
    colors = dict(zip((XOR, FASHION, SEEDS), COLORS, strict=False))
    places = range(len(RATIOS))[::-1]
    panel.barh(places, [ratio.value for ratio in RATIOS], 0.6, color=[colors[ratio.task] for ratio in RATIOS])
    for place, ratio in zip(places, RATIOS, strict=True):
        panel.text(ratio.value + 0.015, place, f"{ratio.value:g}", va="center", color=INK)
    panel.axvline(1, color=INK, linewidth=1, linestyle=":")
    panel.set_yticks(places, [f"{ratio.task}, against {ratio.other}" for ratio in RATIOS])
    panel.set_xlabel("share of the other's time (dotted: equally fast)")
    panel.tick_params(axis="y", length=0)
    panel.set_xlim(0, 1.35)
    return to_png(figure)[0]
