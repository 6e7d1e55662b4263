"""The whole campaign takes minutes, so it runs only where it is asked for: `pytest -m campaign`."""

import pytest


def pytest_collection_modifyitems(config, items):
    if "campaign" in config.option.markexpr:
        return
    skip = pytest.mark.skip(reason="100,000 schedules run with `pytest -m campaign` or `make simulate`")
    for item in items:
        if item.get_closest_marker("campaign"):
            item.add_marker(skip)
