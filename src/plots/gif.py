"""Pictures as an animated GIF."""

import io
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from PIL import Image

_ADAPTED = 96  # colours; any more would be spent on invisible shades of thin lines
_SEEN_THROUGH = 255  # the palette's last index: a pixel that stays as it was


def shared_palette(samples: list[Image.Image], exact: Sequence[tuple[int, ...]] = ()) -> Image.Image:
    """The colours that all frames of a GIF use.

    Args:
        samples: Pictures (RGB, all of one size) with the colours to approximate.
        exact: Colours (RGB, 0 to 255), at most 150, to keep exactly, however little area they cover.
    """
    width, height = samples[0].size
    mosaic = Image.new("RGB", (width, height * len(samples)))
    for place, sample in enumerate(samples):
        mosaic.paste(sample, (0, height * place))
    adapted = mosaic.quantize(_ADAPTED, dither=Image.Dither.NONE).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette([*(number for colour in exact for number in colour), *adapted[: 3 * _ADAPTED]])
    return palette


def to_gif(frames: Iterable[Image.Image], seconds: list[float], palette: Image.Image) -> bytes:
    """An animated GIF that loops forever.

    All frames share one palette, without dithering, so that nothing flickers, and each holds only the pixels that
    change, so that the file is small.

    Args:
        frames: RGB pictures of one size, taken one at a time.
        seconds: How long each frame is shown, to a hundredth of a second.
        palette: The colours from `shared_palette`.
    """
    indexed = _changes(frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames)
    buffer = io.BytesIO()
    next(indexed).save(
        buffer,
        format="gif",
        save_all=True,
        append_images=indexed,
        duration=[round(100 * each) * 10 for each in seconds],
        loop=0,
        disposal=1,
        transparency=_SEEN_THROUGH,
        optimize=False,
        palette=bytes(palette.getpalette() or []).ljust(768, b"\0"),
    )
    return buffer.getvalue()


def led_by_its_end(gif: bytes, seconds: float = 1.5) -> bytes:
    """The animation `gif` with its last picture first, for `seconds`: what is shown where animations do not play."""
    with Image.open(io.BytesIO(gif)) as film:
        palette = Image.new("P", (1, 1))
        palette.putpalette(film.getpalette() or [])
        frames, durations = [], []
        for place in range(getattr(film, "n_frames", 1)):
            film.seek(place)
            frames.append(film.convert("RGB"))
            durations.append(film.info["duration"] / 1000)
    return to_gif([frames[-1], *frames], [seconds, *durations], palette)


def _changes(frames: Iterator[Image.Image]) -> Iterator[Image.Image]:
    """The first frame, and for each later one the pixels that differ from the previous one."""
    before = None
    for frame in frames:
        now = np.asarray(frame)
        shown = now if before is None else np.where(now == before, np.uint8(_SEEN_THROUGH), now)
        picture = Image.frombytes("P", frame.size, shown.tobytes())
        picture.putpalette(frame.getpalette() or [])
        before = now
        yield picture
