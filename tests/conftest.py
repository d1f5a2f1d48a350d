"""What every test of this project may use: pytest's own way of testing plugins."""

from hypothesis import settings

pytest_plugins = ["pytester"]

# the same examples in every run, and no clock to fail by
settings.register_profile("suite", derandomize=True, deadline=None)
settings.load_profile("suite")
