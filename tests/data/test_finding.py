"""Pictures as people keep them: folders with any usual name, files of any usual kind, and other files among them."""

import json
import os
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from src.data.image.decoding import decode
from src.data.image.finding import content, find_images
from src.data.image.folder import ImageFolder
from src.errors import ConfigError

from .image_files import write_pngs

RAMP = np.linspace(0, 65535, 64 * 64).reshape(64, 64)


def folder_of(path, tmp_path, **settings):
    settings = {"reading": "auto", **settings}
    return ImageFolder(path=str(path), image_size=8, cache=str(tmp_path / "cache"), **settings)


def doubts_of(path, tmp_path, **settings):
    datamodule = folder_of(path, tmp_path, **settings)
    _ = datamodule.splits
    return dict(datamodule.doubts)


# Splits


@pytest.mark.parametrize(
    "names", [("Train", "Val", "Test"), ("training", "validation", "testing"), ("train", "valid", "TEST")]
)
def test_splits_are_known_by_their_usual_names(tmp_path, names):
    for seed, (name, each) in enumerate(zip(names, (6, 2, 3), strict=True)):
        write_pngs(tmp_path / "all" / name, each=each, seed=seed)
    datamodule = folder_of(tmp_path / "all", tmp_path)
    assert [len(rows.y) for rows in datamodule.splits] == [12, 4, 6]
    assert datamodule.class_names == ("cat", "dog")
    assert not datamodule.doubts


def test_few_pictures_are_divided_as_far_as_they_go(tmp_path):
    path = write_pngs(tmp_path / "pictures", classes=("a", "b", "c"), each=2)
    splits = folder_of(path, tmp_path).splits
    assert [len(rows.y) for rows in splits] == [3, 1, 2]


def test_training_pictures_alone_are_divided(tmp_path):
    write_pngs(tmp_path / "all" / "Training", each=10)
    assert [len(rows.y) for rows in folder_of(tmp_path / "all", tmp_path).splits] == [14, 2, 4]


def test_a_class_may_be_called_train(tmp_path):
    path = write_pngs(tmp_path / "vehicles", classes=("bus", "test", "train"))
    assert folder_of(path, tmp_path).class_names == ("bus", "test", "train")


def test_a_folder_beside_the_splits_is_named(tmp_path):
    for name in ("train", "test", "extra pictures"):
        write_pngs(tmp_path / "all" / name, each=6)
    assert "extra pictures next to train is not a split" in doubts_of(tmp_path / "all", tmp_path)["folders"]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("test", "val"), r"holds test, val but no train; add it"),
        (("train", "Training"), r"Training and train in .* are both the train split; keep one"),
        (("train", "val", "valid"), r"val and valid in .* are both the val split; keep one"),
    ],
)
def test_splits_that_cannot_be_told_apart_are_refused(tmp_path, names, message):
    for name in names:
        write_pngs(tmp_path / "all" / name, each=6)
    with pytest.raises(ConfigError, match=message):
        _ = folder_of(tmp_path / "all", tmp_path).splits


def test_a_split_may_lack_a_class(tmp_path):
    write_pngs(tmp_path / "all" / "train", classes=("a", "b", "c"), each=6)
    write_pngs(tmp_path / "all" / "val", classes=("a", "c"), each=2)
    (tmp_path / "all" / "val" / "b").mkdir()
    write_pngs(tmp_path / "all" / "test", classes=("b", "c"), each=2)
    splits = folder_of(tmp_path / "all", tmp_path).splits
    assert [rows.y.bincount(minlength=3).tolist() for rows in splits] == [[6, 6, 6], [2, 0, 2], [0, 2, 2]]


# Classes


@pytest.mark.parametrize(
    ("classes", "names"),
    [([1, 2], ("1", "2")), (["10", 3], ("10", "3")), ([10, 1], ("10", "1"))],
)
def test_numbers_that_are_names_of_folders_mean_those(tmp_path, classes, names):
    path = write_pngs(tmp_path / "pictures", classes=("1", "2", "3", "10"))
    assert folder_of(path, tmp_path, classes=classes).class_names == names


def test_a_run_that_took_numbers_for_places_keeps_its_classes(tmp_path):
    path = write_pngs(tmp_path / "pictures", classes=("1", "2", "3", "10"))
    datamodule = folder_of(path, tmp_path, classes=[1, 2])  # of 1, 10, 2, 3
    datamodule.load_state_dict({"classes": ("10", "2")})
    assert datamodule.class_names == ("10", "2")


def test_classes_that_differ_in_case_alone_are_told_apart(tmp_path):
    path = write_pngs(tmp_path / "pictures", classes=("Cat", "cat", "dog"))
    assert folder_of(path, tmp_path, classes=["cat", "Cat"]).class_names == ("cat", "Cat")
    with pytest.raises(ConfigError, match="no class 'CAT'; choose from 0 Cat, 1 cat, 2 dog"):
        _ = folder_of(path, tmp_path, classes=["CAT", "dog"]).splits


# Files


@pytest.mark.parametrize("suffix", [".jfif", ".jpe", ".JPG", ".avif", ".jp2", ".tga", ".webp", ".pbm"])
def test_pictures_are_known_by_their_suffix(tmp_path, suffix):
    path = write_pngs(tmp_path / "pictures", each=6)
    Image.new("1" if suffix == ".pbm" else "RGB", (9, 9), 1).save(path / "cat" / f"more{suffix}")
    datamodule = folder_of(path, tmp_path)
    assert sum(len(rows.y) for rows in datamodule.splits) == 13
    assert not datamodule.doubts


def test_a_file_without_a_suffix_is_what_it_begins_as(tmp_path):
    path = write_pngs(tmp_path / "pictures", each=6)
    (path / "cat" / "00.png").rename(path / "cat" / "00")
    (path / "cat" / "README").write_text("What these pictures are.")
    found = find_images(path)
    assert path / "cat" / "00" in found.paths
    assert found.others == [path / "cat" / "README"]


def test_files_that_are_no_pictures_are_counted_and_named(tmp_path):
    path = write_pngs(tmp_path / "pictures", each=6)
    for name in ("labels.csv", "a.heic", "b.heic", "c.heic"):
        (path / "dog" / name).touch()
    assert doubts_of(path, tmp_path)["files"] == (
        "data.path: 4 files are not images and are left out (dog/a.heic, dog/b.heic, dog/c.heic and 1 more)"
    )
    for picture in (path / "dog").glob("*.png"):
        picture.unlink()
    with pytest.raises(ConfigError, match=r"dog holds no images \(but a.heic, b.heic, c.heic and 1 more\)"):
        _ = folder_of(path, tmp_path).splits


def test_files_of_operating_systems_are_no_pictures(tmp_path):
    path = write_pngs(tmp_path / "pictures", each=6)
    for name in (
        "cat/._00.png",
        "cat/.DS_Store",
        "cat/Thumbs.db",
        "__MACOSX/cat/._00.png",
        "@eaDir/x.png",
        ".hid/x.png",
    ):
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(b"system")
    datamodule = folder_of(path, tmp_path)
    assert datamodule.class_names == ("cat", "dog")
    assert sum(len(rows.y) for rows in datamodule.splits) == 12
    assert not datamodule.doubts
    assert content(path) == content(path)._replace(others=[])


def test_broken_pictures_that_are_left_out_are_counted_and_named(tmp_path):
    path = write_pngs(tmp_path / "pictures", each=8)
    for number in (1, 5):
        (path / "dog" / f"0{number}.png").write_bytes(b"torn")
    assert doubts_of(path, tmp_path, skip_broken=True)["broken"] == (
        "data.skip_broken: 2 of 16 images do not decode and are left out (dog/01.png, dog/05.png)"
    )
    for picture in (path / "dog").iterdir():
        picture.write_bytes(b"torn")
    with pytest.raises(ConfigError, match=r"no image of class dog in .* decodes; replace them"):
        _ = folder_of(path, tmp_path, skip_broken=True).splits


def test_a_drawing_for_other_programs_is_no_picture(tmp_path):
    (tmp_path / "a.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n")
    with pytest.raises(ConfigError, match=r"a.png does not decode as an image"):
        decode(tmp_path / "a.png", 8, color=True)


# Pixels


@pytest.mark.parametrize(
    ("name", "pixels"),
    [
        ("a.png", RAMP.astype(np.uint16)),
        ("a.tif", RAMP.astype(np.uint16)),
        ("b.tif", RAMP.astype(np.int32)),
        ("c.tif", (RAMP / 65535).astype(np.float32)),
        ("d.tif", (RAMP / 257).astype(np.float32)),
        ("e.tif", RAMP.astype(np.float32)),
    ],
)
def test_deep_pixels_become_what_8_bits_would_be(tmp_path, name, pixels):
    Image.fromarray(pixels).save(tmp_path / name)
    wanted = torch.from_numpy(np.rint(RAMP / 257)).expand(3, 64, 64)
    assert (decode(tmp_path / name, 64, color=True) - wanted).abs().max() <= 1


@pytest.mark.parametrize("values", [[-1.0, 5.0], [0.0, 1e6], [0.0, float("nan")]])
def test_pixels_of_no_known_scale_are_refused(tmp_path, values):
    Image.fromarray(np.array([values], np.float32)).save(tmp_path / "a.tif")
    with pytest.raises(
        ConfigError, match=r"does not decode as an image \(pixels from .*, outside the known range from 0 to 65,535\)"
    ):
        decode(tmp_path / "a.tif", 8, color=True)


def test_deep_pixels_are_said(tmp_path):
    path = write_pngs(tmp_path / "pictures", each=6)
    Image.fromarray(RAMP.astype(np.uint16)).save(path / "dog" / "00.png")
    assert doubts_of(path, tmp_path)["depth"] == (
        "data.path: some images store more than 8 bits per pixel; they are scaled to 8 bits, and white is 65,535"
    )


def logo(hidden):
    """A black square on a transparent background with the colour `hidden`."""
    pixels = np.full((8, 8, 4), (*hidden, 0), np.uint8)
    pixels[:4] = (0, 0, 0, 255)
    return Image.fromarray(pixels)


def test_what_is_transparent_shows_white_whatever_it_hides(tmp_path):
    logo((255, 255, 255)).save(tmp_path / "white.png")
    logo((0, 0, 0)).save(tmp_path / "black.png")
    palette = Image.new("P", (8, 8), 1)
    palette.putpalette([0, 0, 0, 9, 9, 9])
    palette.save(tmp_path / "palette.png", transparency=bytes([255, 0]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        shown = [decode(tmp_path / f"{name}.png", 8, color=True) for name in ("white", "black", "palette")]
    assert torch.equal(shown[0], shown[1])
    assert shown[0][:, 0].unique().tolist() == [0]
    assert shown[0][:, -1].unique().tolist() == [255]
    assert shown[2].unique().tolist() == [255]


# Runs that were saved before


def test_a_run_without_the_key_reads_as_it_was_trained(tmp_path):
    path = tmp_path / "all"
    write_pngs(path / "train", each=4)
    write_pngs(path / "valid", each=2, seed=1)
    (path / "train" / "cat" / "plain").write_bytes((path / "train" / "cat" / "00.png").read_bytes())
    logo((0, 0, 0)).save(path / "train" / "dog" / "00.png")
    Image.fromarray(RAMP.astype(np.uint16)).save(path / "train" / "dog" / "01.png")
    now, then = folder_of(path, tmp_path), folder_of(path, tmp_path, reading=None, memory_budget=1e-9)
    streamed = folder_of(path, tmp_path, memory_budget=1e-9)
    assert [len(rows.y) for rows in now.splits] == [7, 4, 2]
    assert [len(rows.y) for rows in folder_of(path, tmp_path, reading=None).splits] == [5, 1, 2]
    assert not then.doubts
    for datamodule, side_of_logo in ((then, 0), (streamed, 255)):
        _ = datamodule.splits
        names = [Path(image).relative_to(path).as_posix() for image in datamodule._files.paths]
        pixels = datamodule.images(torch.tensor([names.index(f"train/dog/0{i}.png") for i in (0, 1)]))[0:2]
        assert pixels[0][:, -1].unique().tolist() == [side_of_logo]
        assert (pixels[1].float().mean() > 200) == (side_of_logo == 0)  # most of 16 bits is above 255


# What was decoded


def test_what_was_decoded_longest_ago_makes_room(tmp_path):
    paths = [write_pngs(tmp_path / name, each=6, seed=seed) for seed, name in enumerate("abc")]
    cache = tmp_path / "cache"
    cache.mkdir()
    foreign = cache / f"{'0' * 32}.pt"  # somebody's, of a name like ours
    foreign.write_bytes(b"mine")
    os.utime(foreign, (0, 0))
    sizes = []
    for number, path in enumerate(paths):
        _ = folder_of(path, tmp_path, cache_budget=14_000 / 2**30).splits
        for file in cache.glob("*.pt"):
            if file != foreign and file.stat().st_mtime > 1e9:
                os.utime(file, (number + 1, number + 1))
        sizes.append(sum(file.stat().st_size for file in cache.glob("*.pt")))
    assert foreign.read_bytes() == b"mine"
    assert max(sizes) <= 14_000 + 4
    kept = set(json.loads((cache / "remembered.json").read_text()))
    assert kept == {file.name for file in cache.glob("*.pt")} - {foreign.name}
    assert 0 < len(kept) < 6


def test_a_list_of_what_was_decoded_names_no_other_file(tmp_path):
    path = write_pngs(tmp_path / "pictures", each=6)
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "mine.pt").write_bytes(b"mine")
    (tmp_path / "outside.pt").write_bytes(b"mine")
    (cache / "remembered.json").write_text('["mine.pt", "*.pt", "../outside.pt", 3]')
    _ = folder_of(path, tmp_path, cache_budget=1e-9).splits
    assert (cache / "mine.pt").exists()
    assert (tmp_path / "outside.pt").exists()


def test_damaged_leftovers_are_decoded_anew(tmp_path, caplog):
    path = write_pngs(tmp_path / "pictures", each=6)
    first = folder_of(path, tmp_path).splits.train.x
    for file in (tmp_path / "cache").glob("*.pt"):
        file.write_bytes(file.read_bytes()[:200])
    assert torch.equal(folder_of(path, tmp_path).splits.train.x, first)
    assert "are damaged; decoding them again" in caplog.text
