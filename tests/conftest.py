"""
What every test of this project may use: pytest's own way of testing plugins.
"""

pytest_plugins = ["pytester"]
