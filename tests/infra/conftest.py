"""Lets the tests of this folder import what reads the templates; tests are no package."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
