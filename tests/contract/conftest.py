"""Contracts and recordings, and a control plane to hold against them."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# The builders of this folder, and the process of the control plane's own tests; tests are no package.
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "control_plane"))

from plane_process import STAND_IN, Azure, ControlPlaneProcess
from published import ABSENT, SHARED, Contracts, published_contracts


@pytest.fixture(scope="session")
def shared_azure() -> Path:
    """The folder of contracts and recordings."""
    if not SHARED.is_dir():
        pytest.skip(ABSENT)
    return SHARED


@pytest.fixture(scope="session")
def contracts() -> Contracts:
    """The published contracts."""
    found = published_contracts()
    if found is None:
        pytest.skip(ABSENT)
    return found


@pytest.fixture(scope="session")
def real_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlaneProcess]:
    """A control plane whose sites run the real Functions host."""
    plane = ControlPlaneProcess(tmp_path_factory.mktemp("contract") / "state").start()
    yield plane
    plane.stop()


@pytest.fixture(scope="module")
def real_azure(real_plane: ControlPlaneProcess) -> Iterator[Azure]:
    """The SDK clients of that control plane, and this process with its operator's identity."""
    with pytest.MonkeyPatch.context() as patch:
        yield Azure(real_plane, patch)


@pytest.fixture(scope="session")
def quick_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlaneProcess]:
    """A control plane whose sites run the stand-in host."""
    plane = ControlPlaneProcess(tmp_path_factory.mktemp("quick") / "state", STAND_IN).start()
    yield plane
    plane.stop()


@pytest.fixture(scope="module")
def quick_azure(quick_plane: ControlPlaneProcess) -> Iterator[Azure]:
    """The SDK clients of the quick control plane."""
    with pytest.MonkeyPatch.context() as patch:
        yield Azure(quick_plane, patch)
