"""Bearer tokens on requests to Azure, and to a local stand-in for it on loopback only."""

from typing import Any
from urllib.parse import urlsplit

from azure.core.credentials import TokenCredential
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import BearerTokenCredentialPolicy, SansIOHTTPPolicy

from provisioning.errors import PermanentError
from provisioning.loopback import is_loopback

ARM_SCOPE = "https://management.azure.com/.default"
SCM_SCOPE = "https://appservice.azure.com/.default"
STORAGE_SCOPE = "https://storage.azure.com/.default"


class LoopbackBearerPolicy(SansIOHTTPPolicy[Any, Any]):
    """Adds a token without TLS, as the SDK's own policy will not; to no host but this machine."""

    def __init__(self, credential: TokenCredential, scope: str) -> None:
        super().__init__()
        self._credential = credential
        self._scope = scope

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Add the header; each request is looked at, as polling URLs come from answers."""
        parts = urlsplit(request.http_request.url)
        if not is_loopback(parts.hostname):
            message = f"refusing to send a token to {parts.hostname} without TLS"
            raise PermanentError(message, "unsafe_endpoint")
        # The credential caches tokens itself.
        token = self._credential.get_token(self._scope).token
        request.http_request.headers["Authorization"] = f"Bearer {token}"


def bearer_policy(credential: TokenCredential, scope: str, endpoint: str) -> Any:
    """Return the policy for an endpoint: the SDK's own for https, ours for http on loopback; else PermanentError."""
    parts = urlsplit(endpoint)
    if parts.scheme == "https":
        return BearerTokenCredentialPolicy(credential, scope)
    if parts.scheme == "http" and is_loopback(parts.hostname):
        return LoopbackBearerPolicy(credential, scope)
    message = f"{endpoint} is neither https nor on loopback: a token may not go there"
    raise PermanentError(message, "unsafe_endpoint")
