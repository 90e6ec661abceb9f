"""Image datasets: which images, which classes, what a network sees of them, and what is refused."""

import pickle
import re
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_digits
from torchvision.datasets import FashionMNIST

from src.data.image.decoding import decode
from src.data.image.digits import Digits
from src.data.image.folder import ImageFolder
from src.data.image.torchvision_images import TorchvisionImages
from src.errors import ConfigError
from tests.data.image_files import write_idx, write_pngs


def served(loader):
    return [batch for block in loader for batch in block]


def num_served(datamodule):
    return sum(len(y) for split in ("train", "val", "test") for _, y in served(datamodule.whole(split)))


def folder_of(path, tmp_path, **settings):
    defaults = {"image_size": 16, "num_workers": 0, "cache": str(tmp_path / "cache"), "batch_size": 4}
    return ImageFolder(path=str(path), **{**defaults, **settings})


def fashion(root, **settings):
    return TorchvisionImages(name="FashionMNIST", root=str(root), download=False, **settings)


def test_digits_are_scikit_learns_and_their_classes_have_equal_shares_in_all_splits():
    splits = Digits().splits
    assert [len(rows.y) for rows in splits] == [1257, 180, 360]
    everything = torch.cat([rows.x for rows in splits]).flatten(1).sort(0).values
    expected = torch.from_numpy((load_digits().data * 255 / 16).round()).to(torch.uint8).sort(0).values
    assert torch.equal(everything, expected)
    shares = torch.stack([torch.bincount(rows.y) / len(rows.y) for rows in splits])
    assert (shares - shares[0]).abs().max() < 0.006


def test_a_network_sees_pixels_from_minus_one_to_one():
    datamodule = Digits()
    assert datamodule.splits.test.x.dtype == torch.uint8
    x = datamodule.seen("test", slice(None))
    assert (x.min(), x.max()) == (-1, 1)
    assert torch.equal(x, torch.cat([x for x, _ in served(datamodule.whole("test"))]))


def test_standardised_channels_have_mean_0_and_deviation_1_over_the_training_images(tmp_path):
    datamodule = folder_of(write_pngs(tmp_path / "pictures"), tmp_path, standardize=True)
    x = datamodule.seen("train", slice(None))
    assert x.mean((0, 2, 3)).tolist() == pytest.approx([0, 0, 0], abs=1e-5)
    assert x.std((0, 2, 3), correction=0).tolist() == pytest.approx([1, 1, 1], abs=1e-5)


@pytest.mark.parametrize("classes", [[9, 0], ["Ankle boot", "t-shirt/top"]])
def test_two_classes_by_label_or_name_are_renumbered_in_the_order_given(tmp_path, classes):
    write_idx(tmp_path)
    datamodule = fashion(tmp_path, classes=classes, val_fraction=0.25)
    assert datamodule.spec.task == "binary"
    assert datamodule.spec.class_names == ("Ankle boot", "T-shirt/top")
    source = FashionMNIST(tmp_path, train=False)
    wanted = (source.targets == 9) | (source.targets == 0)
    assert torch.equal(datamodule.splits.test.x[:, 0], source.data[wanted])
    assert torch.equal(datamodule.splits.test.y, (source.targets[wanted] == 0).long())


def test_validation_images_are_taken_off_the_training_images_alone(tmp_path):
    write_idx(tmp_path)
    train, val, test = fashion(tmp_path, val_fraction=0.5).splits
    assert [len(rows.y) for rows in (train, val, test)] == [30, 30, 20]
    together = torch.cat([train.x, val.x])[:, 0].flatten(1).sort(0).values
    assert torch.equal(together, FashionMNIST(tmp_path).data.flatten(1).sort(0).values)


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        ([0, 77], "data.classes: no class 77; choose from 0 T-shirt/top, 1 Trouser, "),
        (["Hat", 1], "data.classes: no class 'Hat'; choose from 0 T-shirt/top"),
        ([3], r"data.classes: needs two classes or more \(got 1\)"),
        ([3, "Dress"], r"data.classes: Dress is named twice \(got \[3, 'Dress'\]\)"),
    ],
)
def test_classes_that_cannot_be_kept_are_refused(tmp_path, classes, message):
    write_idx(tmp_path)
    with pytest.raises(ConfigError, match=message):
        _ = fashion(tmp_path, classes=classes).splits


def test_a_truncated_file_is_named_with_both_sizes(tmp_path):
    file = write_idx(tmp_path) / "train-images-idx3-ubyte"
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(
        ConfigError, match=r"train-images-idx3-ubyte is damaged \(it has 1,000 bytes, .* states 47,056\)"
    ):
        _ = fashion(tmp_path).splits


def test_labels_beyond_the_classes_are_refused(tmp_path):
    file = write_idx(tmp_path) / "t10k-labels-idx1-ubyte"
    file.write_bytes(file.read_bytes()[:-1] + bytes([200]))
    with pytest.raises(ConfigError, match=r"raw is damaged \(its test labels do not match its images"):
        _ = fashion(tmp_path).splits


def test_missing_data_without_a_download_names_folder_files_and_option(tmp_path):
    (write_idx(tmp_path) / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(ConfigError, match=r"FashionMNIST is not in .*raw \(missing t10k-labels.*set data_dir to the"):
        _ = fashion(tmp_path).splits


def test_a_download_that_fails_leaves_nothing_behind(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError("no network")

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    with pytest.raises(ConfigError, match=r"and could not be downloaded \(.*\); put train-images-idx3-ubyte"):
        _ = TorchvisionImages(name="FashionMNIST", root=str(tmp_path / "new" / "data")).splits
    assert not (tmp_path / "new").exists()


# A folder of pictures


def test_a_folder_is_split_and_its_classes_are_its_folders(tmp_path):
    datamodule = folder_of(write_pngs(tmp_path / "pictures"), tmp_path)
    assert datamodule.spec.class_names == ("cat", "dog")
    assert datamodule.spec.input_shape == (3, 16, 16)
    assert [len(rows.y) for rows in datamodule.splits] == [14, 2, 4]
    bright = torch.cat([rows.x.float().mean((1, 2, 3)) > 120 for rows in datamodule.splits])
    assert torch.equal(bright.long(), torch.cat([rows.y for rows in datamodule.splits]))


def test_folders_named_train_and_test_are_the_splits(tmp_path):
    write_pngs(tmp_path / "pictures" / "train", each=10)
    write_pngs(tmp_path / "pictures" / "test", each=3, seed=1)
    splits = folder_of(tmp_path / "pictures", tmp_path, val_fraction=0.2, color=False).splits
    assert [len(rows.y) for rows in splits] == [16, 4, 6]
    assert splits.test.x.shape[1:] == (1, 16, 16)


def test_streamed_images_are_those_that_are_held_in_the_same_order(tmp_path):
    path = write_pngs(tmp_path / "pictures")
    settings = {"flip": True, "shift": 2, "erase": 0.5, "seed": 3}
    held, streamed = (folder_of(path, tmp_path, memory_budget=size, **settings) for size in (1.0, 1e-9))
    for first, second in (
        (held.train_dataloader(), streamed.train_dataloader()),
        (held.whole("test"), streamed.whole("test")),
    ):
        for (x, y), (other_x, other_y) in zip(served(first), served(second), strict=True):
            assert torch.equal(x, other_x)
            assert torch.equal(y, other_y)


def test_worker_processes_stream_the_same_images(tmp_path):
    path = write_pngs(tmp_path / "pictures")
    alone, helped = (folder_of(path, tmp_path, memory_budget=1e-9, num_workers=n) for n in (0, 2))
    for (x, y), (other_x, other_y) in zip(served(alone.whole("train")), served(helped.whole("train")), strict=True):
        assert torch.equal(x, other_x)
        assert torch.equal(y, other_y)


def streaming(path, tmp_path, num_workers):
    loader = folder_of(path, tmp_path, memory_budget=1e-9, num_workers=num_workers, flip=True).train_dataloader()
    loader.set_epoch(1)
    return loader


@pytest.mark.parametrize("num_workers", [0, 2])
def test_a_streamed_epoch_continues_where_it_was_left_and_workers_go_on_to_the_next(tmp_path, num_workers):
    path = write_pngs(tmp_path / "pictures")
    expected = [x for x, _ in served(streaming(path, tmp_path, 0))]
    left = streaming(path, tmp_path, num_workers)
    blocks = iter(left)
    assert all(torch.equal(next(blocks)[0][0], x) for x in expected[:2])
    resumed = streaming(path, tmp_path, num_workers)
    resumed.load_state_dict(left.state_dict())
    blocks.close()
    for again, wanted in ((resumed, expected[2:]), (left, expected)):  # what was decoded ahead is not served
        assert all(torch.equal(x, other) for (x, _), other in zip(served(again), wanted, strict=True))


def test_a_worker_is_sent_the_files_of_a_minibatch_alone(tmp_path):
    loader = streaming(write_pngs(tmp_path / "pictures"), tmp_path, 2)
    sizes = [len(pickle.dumps(part)) for part in (loader._decoded.dataset, loader.x, loader.x.at([0, 1]))]
    assert sizes[0] < sizes[2] < sizes[1]
    assert loader.x.at([3, 1]).paths == [loader.x.paths[3], loader.x.paths[1]]


@pytest.mark.parametrize("budget", [1.0, 1e-9])
def test_an_image_that_does_not_decode_is_named_or_skipped(tmp_path, budget, caplog):
    path = write_pngs(tmp_path / "pictures")
    (path / "dog" / "03.png").write_bytes(b"not a picture")
    workers = {"memory_budget": budget, "num_workers": 1}
    with pytest.raises(ConfigError, match=r"^data: .*03.png does not decode as an image .*data.skip_broken=true$"):
        num_served(folder_of(path, tmp_path, **workers))
    datamodule = folder_of(path, tmp_path, skip_broken=True, **workers)
    assert num_served(datamodule) == 19
    told = [text for _, text in datamodule.doubts] + [record.getMessage() for record in caplog.records]
    assert len([text for text in told if re.match(r"data.skip_broken: 1 of (20|14|4|2) images do not", text)]) == 1


def test_decoded_images_are_remembered_until_a_file_changes(tmp_path):
    path = write_pngs(tmp_path / "pictures")
    first = folder_of(path, tmp_path).splits
    kept = {file.name: file.stat().st_ino for file in (tmp_path / "cache").iterdir()}
    assert sorted(name.partition(".")[2] for name in kept) == ["contents.pt", "json", "pt"]
    assert torch.equal(folder_of(path, tmp_path).splits.train.x, first.train.x)
    assert {file.name: file.stat().st_ino for file in (tmp_path / "cache").iterdir()} == kept
    Image.fromarray(np.zeros((9, 9, 3), np.uint8)).save(path / "dog" / "00.png")
    assert torch.cat([rows.x for rows in folder_of(path, tmp_path).splits]).flatten(1).sum(1).min() == 0


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda path: (path / "empty").mkdir(), "empty holds no images; add some or remove the folder"),
        (lambda path: [file.unlink() for file in (path / "dog").iterdir()], "dog holds no images"),
        (lambda path: (path / "cat").rename(path.parent / "cat"), r"needs a sub-folder for each of two .* \(got dog\)"),
        (lambda path: path.rename(path.parent / "elsewhere"), "pictures is not a folder"),
    ],
)
def test_a_folder_that_is_no_dataset_is_refused(tmp_path, spoil, message):
    path = write_pngs(tmp_path / "pictures")
    spoil(path)
    with pytest.raises(ConfigError, match=message):
        _ = folder_of(path, tmp_path).splits


def test_a_folder_must_be_named():
    with pytest.raises(ConfigError, match=r"data.path: needs a folder with one sub-folder of images"):
        ImageFolder(path=None)


def bomb(path, width, height):
    """A small PNG of one colour that claims many pixels."""
    rows = zlib.compressobj(9)
    data = b"".join(rows.compress(b"\0" + b"\0" * -(-width // 8)) for _ in range(height)) + rows.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", data), (b"IEND", b"")]
    chunks = [struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in parts]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(tmp_path, recwarn):
    bomb(tmp_path / "bomb.png", 13_300, 13_300)
    assert (tmp_path / "bomb.png").stat().st_size < 50_000
    tracemalloc.start()
    with pytest.raises(
        ConfigError, match=r"bomb.png does not decode .*13,300 × 13,300 pixels, more than the 67,108,864"
    ):
        decode(tmp_path / "bomb.png", 16, color=True)
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()
    assert not recwarn.list
    bomb(tmp_path / "large.png", 4000, 3000)
    assert decode(tmp_path / "large.png", 16, color=True).shape == (3, 16, 16)
