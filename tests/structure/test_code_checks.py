"""The tools that guard the code's shape pass: they are tests like any other."""

import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
BANDIT = ("bandit", "-q", "-r")
CHECKS = {
    "ruff finds nothing": ("ruff", "check", "--no-cache", "."),
    "every file is formatted": ("ruff", "format", "--no-cache", "--check", "."),
    "types are right, strictly": ("mypy",),
    "imports point one way": ("lint-imports", "--no-cache"),
    "bandit finds nothing in what is deployed": (
        "bandit",
        "-q",
        "-r",
        "router_app",
        "version_registry",
        "provisioning",
    ),
    "bandit finds nothing on the laptop": (
        *("bandit", "-q", "-c", "pyproject.toml", "-r"),
        *("local_azure", "router_cli", "devstack"),
    ),
    # Its chances are seeded so that a run can be repeated; nothing of it is a secret.
    "bandit finds nothing but chance in the simulation": ("bandit", "-q", "-r", "-s", "B101,B311", "simulation"),
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("command", CHECKS.values(), ids=CHECKS.keys())
def test_check_passes(command: tuple[str, ...]) -> None:
    tool = BIN / command[0]
    result = subprocess.run([tool, *command[1:]], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{' '.join(command)}\n{result.stdout[-6000:]}{result.stderr[-2000:]}"
