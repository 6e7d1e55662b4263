"""Who the router is to Azure: its managed identity where there is one, else whoever is signed in."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential


def open_credential(client_id: str | None = None) -> "TokenCredential":
    """Open the credential; `client_id` picks one user-assigned identity."""
    # Imported here because azure.identity is slow to load and a router that only routes never needs it.
    if os.environ.get("IDENTITY_ENDPOINT"):
        from azure.identity import ManagedIdentityCredential

        return ManagedIdentityCredential(client_id=client_id) if client_id else ManagedIdentityCredential()
    from azure.identity import DefaultAzureCredential

    return DefaultAzureCredential(managed_identity_client_id=client_id)
