"""A control plane as a real process, and the real SDK clients to drive it."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "contract"))

from exchanges import listening
from plane_process import STAND_IN, Azure, ControlPlaneProcess, until, zip_of
from published import published_contracts
from verdicts import mistakes


@pytest.fixture
def beyond_the_contracts() -> None:
    """Marks a test of answers that Azure does not promise, and that a client should survive all the same."""


@pytest.fixture(autouse=True)
def everything_said_is_held_against_the_contracts(request: pytest.FixtureRequest) -> Iterator[None]:
    """Listen in on the test: whatever it asks Resource Manager, the answer is one that the contracts allow."""
    with listening() as traffic:
        yield
    contracts = published_contracts()
    if contracts is not None and "beyond_the_contracts" not in request.fixturenames:
        calls = [exchange for exchange in traffic if exchange.path.startswith("/subscriptions/")]
        assert mistakes(contracts.all, calls) == []


@pytest.fixture
def stand_in(tmp_path: Path) -> Iterator[ControlPlaneProcess]:
    """A control plane whose sites run the stand-in host."""
    plane = ControlPlaneProcess(tmp_path / "state", STAND_IN).start()
    yield plane
    plane.stop()


@pytest.fixture
def azure(stand_in: ControlPlaneProcess, monkeypatch: pytest.MonkeyPatch) -> Azure:
    """The SDK clients of the stand-in control plane."""
    return Azure(stand_in, monkeypatch)


@pytest.fixture(name="until")
def until_fixture() -> Callable[..., Any]:
    """Waits until a condition holds."""
    return until


@pytest.fixture(name="zip_of")
def zip_of_fixture() -> Callable[[dict[str, str | bytes]], bytes]:
    """Makes a package of files."""
    return zip_of


@pytest.fixture(name="about")
def about_fixture() -> Callable[[Any], dict[str, Any]]:
    """Asks a site's stand-in host about itself."""
    return lambda site: httpx.get(f"http://{site.default_host_name}/", timeout=30).raise_for_status().json()


@pytest.fixture
def control_plane_process() -> type[ControlPlaneProcess]:
    """The class of control plane processes, for tests that start them in their own way."""
    return ControlPlaneProcess


@pytest.fixture
def azure_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[ControlPlaneProcess], Azure]:
    """Makes the SDK clients of a control plane."""
    return lambda plane: Azure(plane, monkeypatch)
