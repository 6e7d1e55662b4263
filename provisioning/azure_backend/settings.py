"""Where and as whom the Azure backend works."""

from dataclasses import dataclass

PUBLIC_ARM_ENDPOINT = "https://management.azure.com"


@dataclass(frozen=True, slots=True)
class AzureSettings:
    """Settings of the Azure backend. An `http://` ARM endpoint must be on loopback; sites use the endpoint's scheme."""

    subscription_id: str
    resource_group: str
    router_id: str
    arm_endpoint: str = PUBLIC_ARM_ENDPOINT
    identity_client_id: str | None = None
    """Client id of the router's own user-assigned identity; None: the system-assigned one, or whoever is signed in."""
