"""The tests of figures look at pictures."""

import pytest


@pytest.fixture(autouse=True)
def _drawn(drawn):
    """All figures are drawn."""
