"""Augmentation: different for each image, the same for the same seed, and only for training images."""

import pytest
import torch
import torch.nn.functional as F

from src.data.image.augmentation import erased, shifted
from src.data.image.digits import Digits


def images(count=200, channels=3, height=6, width=7):
    generator = torch.Generator().manual_seed(1)
    return torch.randint(1, 256, (count, channels, height, width), generator=generator).to(torch.uint8)


def test_a_shifted_image_is_a_crop_of_the_padded_one_or_of_its_mirror_image():
    x = images()
    moved = shifted(x, torch.Generator().manual_seed(0), 2, flip=True)
    places = set()
    for original, view in zip(x, moved, strict=True):
        padded = F.pad(original, (2,) * 4)
        crops = {
            (down, right, mirrored): (crop.flip(-1) if mirrored else crop)
            for down in range(5)
            for right in range(5)
            for mirrored in (False, True)
            for crop in [padded[:, down : down + 6, right : right + 7]]
        }
        found = [place for place, crop in crops.items() if torch.equal(crop, view)]
        assert len(found) == 1
        places |= set(found)
    assert len(places) == 50 - sum(place not in places for place in crops) > 45


def test_about_half_of_the_images_are_mirrored():
    x = images(1000)
    mirrored = (shifted(x, torch.Generator().manual_seed(0), 0, flip=True) == x.flip(-1)).flatten(1).all(1)
    assert 0.45 < mirrored.float().mean() < 0.55


@pytest.mark.parametrize("probability", [0.0, 0.3, 1.0])
def test_erasing_blackens_one_rectangle_of_the_chosen_images(probability):
    x = images(400, height=16, width=24)
    black = (erased(x, torch.Generator().manual_seed(0), probability) == 0).all(1)
    touched = black.flatten(1).any(1)
    assert touched.float().mean().item() == pytest.approx(probability, abs=0.07)
    for image in black[touched]:
        rows, columns = image.any(1), image.any(0)
        assert torch.equal(image, rows[:, None] & columns[None, :])
        assert 16 / 8 - 1 <= rows.sum() <= 16 / 2 + 1
        assert 24 / 8 - 1 <= columns.sum() <= 24 / 2 + 1


def test_views_depend_on_seed_and_epoch_and_not_on_the_block():
    def epoch_of(number, **settings):
        loader = Digits(shift=1, flip=True, erase=0.5, **settings)
        loader = loader.train_dataloader()
        loader.set_epoch(number)
        return torch.cat([x for block in loader for x, _ in block])

    assert torch.equal(epoch_of(0), epoch_of(0, steps_per_execution=7))
    assert not torch.equal(epoch_of(0), epoch_of(1))
    assert not torch.equal(epoch_of(0), epoch_of(0, shuffle_seed=1))


def test_evaluation_sees_the_images_as_they_are():
    plain, augmenting = Digits(), Digits(shift=2, flip=True, erase=1.0)
    for split in ("train", "val", "test"):
        for first, second in zip(plain.whole(split), augmenting.whole(split), strict=True):
            assert torch.equal(first[0][0], second[0][0])
