"""Drawings become pictures as the pictures of a dataset were made, by SciPy's centre of mass and the pictures' own."""

import numpy as np
import pytest
import torch
from scipy.ndimage import center_of_mass
from sklearn.svm import SVC

from src.data.image.digits import Digits
from src.data.image.drawing import SIDE, made, unmoved
from src.data.image.torchvision_images import TorchvisionImages
from tests.sandbox import REAL_DATA


def blank():
    return np.zeros((SIDE, SIDE), dtype=np.uint8)


def enlarged(picture):
    """A picture [S, S] as a drawing: each pixel a block."""
    block = SIDE // len(picture)
    return np.kron(picture, np.ones((block, block), dtype=np.uint8))


def strokes(seed):
    """A few thick grey lines somewhere in a drawing."""
    stream = np.random.RandomState(seed)
    drawing = blank()
    rows, columns = np.mgrid[:SIDE, :SIDE]
    for _ in range(stream.randint(1, 4)):
        ends = stream.randint(15, SIDE - 15, (2, 2))
        for share in np.linspace(0, 1, 60):
            row, column = ends[0] + share * (ends[1] - ends[0])
            near = np.hypot(rows - row, columns - column)
            drawing = np.maximum(drawing, (255 * np.clip(6 - near, 0, 1)).astype(np.uint8))
    return drawing


@pytest.mark.parametrize("seed", range(12))
def test_a_digit_fits_20_by_20_and_its_centre_of_mass_is_in_the_middle_as_scipy_finds_it(seed):
    found = made(strokes(seed), "mnist")
    picture = found.picture[0].numpy()
    assert picture.shape == (28, 28)
    assert max(found.size) == 20
    width, height = found.box
    assert abs(min(found.size) - 20 * min(width, height) / max(width, height)) <= 0.5
    for place, length in zip(center_of_mass(picture), (picture.any(1), picture.any(0)), strict=True):
        stopped = length[0] or length[-1]  # at the frame
        assert stopped or abs(place - 14) <= 0.5 + 1e-9


def test_a_digit_made_like_mnist_comes_back_as_it_was_wherever_it_is_drawn():
    picture = made(strokes(3), "mnist").picture
    drawing = enlarged(picture[0].numpy())
    assert torch.equal(made(drawing, "mnist").picture, picture)
    assert torch.equal(made(np.roll(drawing, (-8, 8), axis=(0, 1)), "mnist").picture, picture)


def test_a_small_and_a_large_drawing_of_the_same_give_the_same_picture():
    small, large = blank(), blank()
    small[10:30, 50:60] = 255
    small[10:20, 60:70] = 255
    large[20:100, 30:70] = 255
    large[20:60, 70:110] = 255
    for way in ("mnist", "fashion", "digits"):
        assert torch.equal(made(small, way).picture, made(large, way).picture)


def test_a_heavy_end_moves_ink_no_further_than_to_the_frame():
    drawing = blank()
    drawing[10:30, 40:60] = 255
    drawing[30:110, 49:51] = 60
    picture = made(drawing, "mnist").picture[0].numpy()
    assert picture[-1].any()
    assert picture.any(1).sum() == 20


def test_a_garment_fills_its_picture():
    drawing = blank()
    drawing[30:86, 40:68] = 200
    picture = made(drawing, "fashion").picture[0]
    assert picture.tolist() == [[0] * 7 + [200] * 14 + [0] * 7] * 28


@pytest.mark.skipif(REAL_DATA is None, reason="Fashion-MNIST is neither in data/ nor in ../shared/data/")
def test_pictures_of_fashion_mnist_come_back_as_they_were():
    pictures = TorchvisionImages(name="FashionMNIST", root=str(REAL_DATA), download=False).splits.test.x[:500, 0]
    same = [torch.equal(made(enlarged(each.numpy()), "fashion").picture[0], each) for each in pictures]
    assert np.mean(same) > 0.95  # the others do not fill their 28 pixels
    assert all(torch.equal(unmoved(enlarged(each.numpy()), "fashion")[0], each) for each in pictures[:50])


def test_a_bitmap_of_20_by_32_is_counted_in_blocks_of_4_by_4():
    stream = np.random.RandomState(0)
    bitmap = np.kron(stream.rand(8, 5) < 0.5, np.ones((4, 4))).astype(bool)
    bitmap[[0, -1]] = bitmap[:, [0, -1]] = True
    counts = np.zeros((8, 8), dtype=int)
    for row, column in np.argwhere(bitmap):
        counts[row // 4, (column + 6) // 4] += 1
    assert 0.255 * 1024 <= bitmap.sum() <= 0.36 * 1024  # so that strokes keep their thickness
    drawing = blank()
    drawing[8:104, 20:80] = np.kron(bitmap, np.full((3, 3), 255))
    found = made(drawing, "digits")
    assert (found.box, found.size) == ((60, 96), (20, 32))
    assert found.picture[0].tolist() == np.rint(counts * 255 / 16).astype(int).tolist()


@pytest.mark.parametrize("thickness", [2, 4, 10, 20])
def test_thin_and_thick_strokes_cover_as_much_as_in_the_pictures_of_the_digits(thickness):
    drawing = blank()
    drawing[10:100, 20:90] = 255
    drawing[10 + thickness : 100 - thickness, 20 + thickness : 90 - thickness] = 0
    share = made(drawing, "digits").picture.double().mean() / 255
    ink = Digits().splits.train.x.double().mean(dim=(1, 2, 3)) / 255
    assert ink.quantile(0.02) < share < ink.quantile(0.98)


def test_digits_drawn_again_from_their_own_shades_are_recognised():
    splits = Digits(seed=0).splits
    judge = SVC(gamma=0.001, C=10).fit(splits.train.x.flatten(1) / 16, splits.train.y)
    drawn = []
    for picture in splits.test.x[:, 0].float():
        smooth = torch.nn.functional.interpolate(picture[None, None], size=(SIDE, SIDE), mode="bicubic")[0, 0]
        drawn.append(made(np.where(smooth.numpy() >= 100, 255, 0).astype(np.uint8), "digits").picture)
    assert judge.score(torch.stack(drawn).flatten(1) / 16, splits.test.y) > 0.93


@pytest.mark.parametrize("way", ["mnist", "fashion", "digits"])
def test_without_ink_there_is_no_picture_and_a_dot_is_one(way):
    assert made(blank(), way) is None
    drawing = blank()
    drawing[7, 100] = 1
    assert made(drawing, way).box == (1, 1)


def test_digits_that_are_not_moved_keep_their_shades():
    for picture in Digits().splits.test.x[:50]:
        assert torch.equal(unmoved(enlarged(picture[0].numpy()), "digits"), picture)


@pytest.mark.parametrize(("name", "way"), [("MNIST", "mnist"), ("FashionMNIST", "fashion"), ("KMNIST", None)])
def test_datasets_say_how_their_pictures_were_made(tmp_path, name, way):
    assert TorchvisionImages(name=name, root=str(tmp_path)).drawn_as == way
    assert Digits().drawn_as == "digits"
