"""Contracts and recordings from the folder beside the checkout, and a control plane to hold against them."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

# The builders of this folder, and the process of the control plane's own tests; tests are no package.
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "control_plane"))

from openapi_contract import openapi_contract
from operations import Contract
from pandora_contract import pandora_contract
from plane_process import Azure, ControlPlaneProcess

SHARED = Path(__file__).resolve().parents[3] / "shared" / "azure"


@pytest.fixture(scope="session")
def shared_azure() -> Path:
    """The folder of contracts and recordings."""
    if not (SHARED / "specs").is_dir():
        pytest.skip(f"Azure's contracts and recordings are not at {SHARED}")
    return SHARED


@dataclass(frozen=True)
class Contracts:
    """What the traffic is held against: each exchange against every contract that has its provider."""

    openapi: Contract
    web: Contract
    resources: Contract

    @property
    def all(self) -> tuple[Contract, ...]:
        return (self.openapi, self.web, self.resources)


@pytest.fixture(scope="session")
def contracts(shared_azure: Path) -> Contracts:
    """The published contracts."""
    bundles = shared_azure / "specs" / "pandora"
    return Contracts(
        openapi_contract(shared_azure / "specs" / "azure-rest-api-specs" / "specification"),
        pandora_contract(bundles / "Web_2025-05-01.json"),
        pandora_contract(bundles / "Resources_2025-04-01.json"),
    )


@pytest.fixture(scope="session")
def real_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlaneProcess]:
    """A control plane whose sites run the real Functions host."""
    plane = ControlPlaneProcess(tmp_path_factory.mktemp("contract") / "state").start()
    yield plane
    plane.stop()


@pytest.fixture(scope="session")
def real_azure(real_plane: ControlPlaneProcess) -> Iterator[Azure]:
    """The SDK clients of that control plane, and this process with its operator's identity."""
    with pytest.MonkeyPatch.context() as patch:
        yield Azure(real_plane, patch)
