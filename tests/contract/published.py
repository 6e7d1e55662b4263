"""The published contracts, from the folder beside the checkout."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from openapi_contract import openapi_contract
from operations import Contract
from pandora_contract import pandora_contract

SHARED = Path(__file__).resolve().parents[3] / "shared" / "azure"
ABSENT = f"Azure's contracts and recordings are not at {SHARED}"


@dataclass(frozen=True)
class Contracts:
    """What traffic is held against: each exchange against every contract that knows its path."""

    openapi: Contract
    web: Contract
    resources: Contract

    @property
    def all(self) -> tuple[Contract, ...]:
        return (self.openapi, self.web, self.resources)


@cache
def published_contracts() -> Contracts | None:
    """Return the contracts; None where the folder is absent."""
    bundles = SHARED / "specs" / "pandora"
    if not bundles.is_dir():
        return None
    return Contracts(
        openapi_contract(SHARED / "specs" / "azure-rest-api-specs" / "specification"),
        pandora_contract(bundles / "Web_2025-05-01.json"),
        pandora_contract(bundles / "Resources_2025-04-01.json"),
    )
