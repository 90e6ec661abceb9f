"""Movies: frames depend only on what they show, and GIFs contain what they are given."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from src.plots.gif import led_by_its_end, shared_palette, to_gif
from src.plots.movie import Movie, Scene, Shot, Units
from src.plots.palette import COLORS, STRONGEST
from src.plots.panel import Scale, shade
from src.plots.plane import plane_around
from src.plots.style import to_png
from src.plots.units import scales, units_figure

X, Y = torch.randn(60, 2, generator=torch.Generator().manual_seed(0)), torch.arange(60) % 2
PLANE = plane_around(X, resolution=30)
NAMES = ("unit 1", "unit 2", "unit 7")


def scene(units=True):
    shown = Units("3 of 7 hidden units", "bar: weight", NAMES, [Scale(0.0, 1.0)] * 3) if units else None
    return Scene(PLANE, (X, Y), ("a", "b"), ("x1", "x2"), 0.5, [0, 1, 9], [0.7, 0.5, 0.1], shown)


def shot(place):
    positive = (PLANE.points[:, 0] * (place + 1)).sigmoid()
    activations = torch.tanh(PLANE.points @ torch.tensor([[1.0, -1.0, 0.5], [place, 0.3, 1.0]]))
    probabilities = torch.stack([1 - positive, positive], dim=1)
    return Shot(place, 0.5, probabilities, activations, torch.tensor([1.0, 0.2, 0.0]), torch.tensor([0, 1, -1]))


@pytest.mark.parametrize(("units", "size"), [(True, (800, 542)), (False, (480, 542))])
def test_frame_is_a_picture_of_its_size(units, size):
    assert Movie(scene(units)).frame(shot(0)).size == size


def test_frame_shows_nothing_of_those_before_it():
    movie = Movie(scene())
    alone = np.asarray(Movie(scene()).frame(shot(2)))
    first = np.asarray(movie.frame(shot(0)))
    movie.frame(shot(1))
    assert np.array_equal(np.asarray(movie.frame(shot(2))), alone)
    assert np.array_equal(np.asarray(movie.frame(shot(0))), first)
    assert not np.array_equal(first, alone)


def test_names_too_long_for_a_line_and_many_classes_are_drawn():
    x, y = X, torch.arange(60) % 12
    many = scene()._replace(rows=(x, y), class_names=tuple(f"a rather long class name {i}" for i in range(12)))
    probabilities = torch.rand(900, 12).softmax(dim=1)
    assert Movie(many).frame(shot(0)._replace(probabilities=probabilities)).size == (800, 542)


def pictures(num=4):
    """Squares that move over a gradient of few colours."""
    for place in range(num):
        pixels = np.zeros((40, 60, 3), dtype=np.uint8)
        pixels[..., 0] = np.arange(60) // 6 * 20
        pixels[5 + place : 15 + place, 10:20] = (10, 200, 90)
        yield Image.fromarray(pixels)


def test_gif_gives_back_its_pictures():
    palette = shared_palette(list(pictures()))
    gif = Image.open(io.BytesIO(to_gif(pictures(), [0.6, 0.1, 0.05, 2.0], palette)))
    assert gif.n_frames == 4
    assert gif.info["loop"] == 0
    for place, picture in enumerate(pictures()):
        gif.seek(place)
        assert gif.info["duration"] == [600, 100, 50, 2000][place]
        assert np.array_equal(np.asarray(gif.convert("RGB")), np.asarray(picture))


def test_all_frames_share_one_table_of_colours():
    data = to_gif(pictures(), [0.1] * 4, shared_palette(list(pictures())))
    flags = []  # of each image descriptor that follows a graphic control extension, by the GIF89a specification
    at = data.find(b"\x21\xf9\x04")
    while at >= 0:
        assert data[at + 8] == 0x2C
        flags.append(data[at + 17])
        at = data.find(b"\x21\xf9\x04", at + 1)
    assert len(flags) == 4
    assert not any(flag & 0x80 for flag in flags)


def test_a_gif_led_by_its_end_shows_that_first_and_then_all():
    palette = shared_palette(list(pictures()))
    seconds = [0.6, 0.1, 0.05, 2.0]
    gif = Image.open(io.BytesIO(led_by_its_end(to_gif(pictures(), seconds, palette), 1.0)))
    shown = [list(pictures())[-1], *pictures()]
    assert gif.n_frames == 5
    for place, picture in enumerate(shown):
        gif.seek(place)
        assert gif.info["duration"] == 1000 * [1.0, *seconds][place]
        assert np.array_equal(np.asarray(gif.convert("RGB")), np.asarray(picture))


def test_gif_of_one_picture_is_a_still():
    (picture,) = pictures(1)
    assert Image.open(io.BytesIO(to_gif([picture], [2.0], shared_palette([picture])))).n_frames == 1


def test_units_figure_has_a_panel_for_each_unit():
    activations = torch.randn(900, 5)
    figure = units_figure(PLANE, activations, rows=(X, Y), class_names=("a", "b"), title="layer 1")
    shown = [axis.get_title() for axis in figure.axes if axis.get_visible()]
    assert shown == [f"unit {i}" for i in range(1, 6)]
    assert Image.open(io.BytesIO(to_png(figure)[0])).size == to_png(figure)[1]


def test_silent_unit_is_drawn():
    assert to_png(units_figure(PLANE, torch.zeros(900, 1), titles=("dead",)))


def test_scale_of_a_sigmoid_is_about_a_half_and_of_others_about_nought():
    z = torch.tensor([[-3.0, 0.0], [1.0, 4.0]])
    assert scales(z.sigmoid())[0] == 0.5
    assert scales(z.tanh())[0] == scales(z.relu())[0] == 0.0
    assert scales(z) == (0.0, [3.0, 4.0])


def test_colours_are_paler_where_the_network_is_unsure():
    sure, unsure, other = shade(torch.tensor([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]))
    blue = torch.tensor([int(COLORS[0][i : i + 2], 16) / 255 for i in (1, 3, 5)])
    assert torch.allclose(sure, 1 - STRONGEST * (1 - blue), atol=1e-3)
    assert (unsure > torch.maximum(sure, other).min()).all()


def test_rare_colours_that_have_to_be_exact_are():
    noise = np.random.default_rng(0).integers(0, 256, (80, 80, 3), dtype=np.uint8)
    noise[7, 9] = (12, 130, 131)
    picture = Image.fromarray(noise)
    gif = Image.open(io.BytesIO(to_gif([picture], [1.0], shared_palette([picture], [(12, 130, 131)]))))
    assert gif.convert("RGB").getpixel((9, 7)) == (12, 130, 131)


def test_frames_show_the_colours_that_a_movie_calls_its_own():
    movie = Movie(scene())
    seen = {tuple(pixel) for pixel in np.asarray(movie.frame(shot(0))).reshape(-1, 3).tolist()}
    assert {(0x3F, 0x90, 0xDA), (0xFF, 0xA9, 0x0E), (0x30, 0x36, 0x3C)} <= set(movie.colours()) & seen
    assert len(set(movie.colours()) & seen) > 10  # bands of the units, to the last bit
