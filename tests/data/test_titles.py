"""A run's first line names the data as people know it."""

import pytest

from src.data.image.folder import ImageFolder
from src.data.image.torchvision_images import TorchvisionImages
from src.data.synthetic.gates import Gates
from src.data.synthetic.xor import XOR
from src.data.tabular.bundled import BundledTable
from src.data.tabular.file import TableFile


@pytest.mark.parametrize(
    ("data", "title"),
    [
        (XOR(num_train=4, num_val=4, num_test=4, noise=0.1), "XOR"),
        (Gates(gate="nand"), "NAND gate"),
        (BundledTable(name="breast_cancer"), "Breast cancer"),
        (TorchvisionImages(name="FashionMNIST"), "Fashion-MNIST"),
        (TorchvisionImages(name="KMNIST"), "KMNIST"),
        (TableFile(path="tables/patients.csv", target="disease"), "patients.csv"),
        (ImageFolder(path="my_pictures/"), "my_pictures"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_title(data, title):
    assert data.title == title
