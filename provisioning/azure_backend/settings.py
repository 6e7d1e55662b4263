"""Where and as whom the Azure backend works."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from provisioning.loopback import is_loopback

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

    run_from: str | None = None
    """Blob endpoint (or `file:///directory`) of the account with a container per app that apps off Flex Consumption run
    from; None: packages are sent to their deployment endpoints."""

    def __post_init__(self) -> None:
        """Refuse an endpoint that tokens may not be sent to: ValueError."""
        parts = urlsplit(self.arm_endpoint)
        if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname)):
            return
        message = f"the Resource Manager endpoint {self.arm_endpoint} must be https, or http on this machine"
        raise ValueError(message)

    @property
    def scheme(self) -> str:
        """Return the scheme of sites: a platform without TLS has sites without it."""
        return urlsplit(self.arm_endpoint).scheme
