"""HTTP calls to a site itself: its deployment endpoint with a token, its host with a key. No redirect is followed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azure.core.credentials import TokenCredential
from azure.core.pipeline import Pipeline
from azure.core.pipeline.policies import RetryPolicy, UserAgentPolicy
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest, HttpResponse

from provisioning.azure_backend.arm import RETRIES
from provisioning.azure_backend.authentication import SCM_SCOPE, bearer_policy
from provisioning.azure_backend.errors import translated


@dataclass(frozen=True, slots=True)
class SiteAnswer:
    """A site's answer."""

    status: int
    headers: Mapping[str, str]
    text: str

    def json(self) -> Any:
        """Return the body's JSON; None if it is none."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None


class SiteHttp:
    """HTTP to sites of one platform, all of which use the same scheme."""

    def __init__(self, scheme: str, credential: TokenCredential) -> None:
        self._scheme = scheme
        self._credential = credential
        self._transport: Any = RequestsTransport(connection_timeout=10, read_timeout=60)

    def call_host(self, host: str, path: str, *, key: str) -> SiteAnswer:
        """GET a path of the app's host with a key, in a header."""
        request = HttpRequest("GET", f"{self._scheme}://{host}{path}", headers={"x-functions-key": key})
        return self._send(request, f"reach {host}")

    def call_scm(self, host: str, path: str) -> SiteAnswer:
        """GET a path of the deployment endpoint."""
        return self._send(
            HttpRequest("GET", f"{self._scheme}://{host}{path}"), f"reach {host}", self._token_policy(host)
        )

    def post_file(self, host: str, path: str, file: Path, *, content_type: str) -> SiteAnswer:
        """POST a file to the deployment endpoint, read as it is sent."""
        with file.open("rb") as stream:
            headers = {"Content-Type": content_type, "Content-Length": str(file.stat().st_size)}
            request = HttpRequest("POST", f"{self._scheme}://{host}{path}", headers=headers, content=stream)
            # Sending is bounded by the transport's time-outs per read; the answer comes when all was received.
            return self._send(request, f"publish to {host}", self._token_policy(host), read_timeout=600)

    def _token_policy(self, host: str) -> Any:
        return bearer_policy(self._credential, SCM_SCOPE, f"{self._scheme}://{host}")

    def _send(self, request: HttpRequest, action: str, *policies: Any, **options: Any) -> SiteAnswer:
        steps = [UserAgentPolicy("durable-router"), RetryPolicy(**RETRIES), *policies]
        with translated(action):
            pipeline: Pipeline[HttpRequest, HttpResponse] = Pipeline(self._transport, steps)
            answer = pipeline.run(request, **options).http_response
            return SiteAnswer(answer.status_code, dict(answer.headers), answer.text())
