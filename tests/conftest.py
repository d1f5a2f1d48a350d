"""What every test of this project may use: pytest's own way of testing plugins."""

import gc

import pytest
from hypothesis import settings

pytest_plugins = ["pytester"]

# the same examples in every run, and no clock to fail by
settings.register_profile("suite", derandomize=True, deadline=None)
settings.load_profile("suite")


def pytest_collection_finish(session: pytest.Session) -> None:
    """The collected tests stay to the end: the garbage collector, which many tests ask for, need not go through them."""
    gc.freeze()
