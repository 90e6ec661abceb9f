"""How figures are saved: the keys `plots.dpi` and `plots.format`."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from src.settings.rules import Whole

Dpi = Annotated[Whole, Field(ge=50, le=600)]
Format = Literal["png", "svg", "pdf"]


class Pictures(BaseModel):
    """The format of saved figures.

    Attributes:
        dpi: Pixels per inch of a PNG, and of pixel images inside an SVG or a PDF.
        format: PNG for the screen, or SVG or PDF, which stay sharp at any size, for slides and papers.

    Example:
        >>> Pictures(format="svg").suffix
        '.svg'
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    dpi: Dpi = 100
    format: Format = "png"

    @property
    def suffix(self) -> str:
        """The suffix of a file's name."""
        return f".{self.format}"


PNG = Pictures()
