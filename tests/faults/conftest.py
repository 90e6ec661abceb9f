"""What the tests of faults share."""

import pytest

from tests.faults.disk import small_disk


@pytest.fixture
def disk(tmp_path):
    made = small_disk(tmp_path)
    yield made
    made.unmount()
