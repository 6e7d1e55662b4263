"""Lets the tests of this folder import its builders; tests are no package."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from saga_world import World


@pytest.fixture
def world():
    """A world with one registered release, 1.0.0."""
    made = World()
    made.register("1.0.0")
    return made
