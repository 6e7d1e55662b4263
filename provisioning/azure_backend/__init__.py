"""Version apps on Azure Functions, through Azure Resource Manager and Kudu."""

from provisioning.azure_backend.platform import AzurePlatform
from provisioning.azure_backend.settings import AzureSettings

__all__ = ["AzurePlatform", "AzureSettings"]
