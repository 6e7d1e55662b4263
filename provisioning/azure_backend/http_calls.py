"""HTTP calls that no SDK client makes for us, with the SDK's transport, retries and tokens. No redirect is followed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from azure.core.credentials import TokenCredential
from azure.core.pipeline import Pipeline
from azure.core.pipeline.policies import RetryPolicy, UserAgentPolicy
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest, HttpResponse

from provisioning.azure_backend.authentication import bearer_policy
from provisioning.azure_backend.errors import translated

# Only connections are tried again in place. An answered error is the caller's: it may say to wait for minutes, and the
# router waits on durable timers, not in threads.
RETRIES = {"retry_total": 3, "retry_connect": 3, "retry_read": 1, "retry_status": 0, "retry_backoff_factor": 0.2}


@dataclass(frozen=True, slots=True)
class Answer:
    """Any HTTP answer."""

    status: int
    headers: Mapping[str, str]
    text: str

    def json(self) -> Any:
        """Return the body's JSON; None if it is none."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None


class HttpCalls:
    """Sends requests, with a token where a scope is named."""

    def __init__(self, credential: TokenCredential) -> None:
        self._credential = credential
        self._transport: Any = RequestsTransport(connection_timeout=10, read_timeout=60)

    def send(self, request: HttpRequest, action: str, *, scope: str | None = None, read_timeout: int = 60) -> Answer:
        """Send; any answer is returned, none is a ProvisioningError about the action."""
        policies: list[Any] = [UserAgentPolicy("durable-router"), RetryPolicy(**RETRIES)]
        if scope is not None:
            policies.append(bearer_policy(self._credential, scope, request.url))
        with translated(action):
            pipeline: Pipeline[HttpRequest, HttpResponse] = Pipeline(self._transport, policies)
            answer = pipeline.run(request, read_timeout=read_timeout).http_response
            return Answer(answer.status_code, dict(answer.headers), answer.text())
