"""HTTP calls to a site itself: its deployment endpoint with a token, its host with a key."""

from pathlib import Path

from azure.core.rest import HttpRequest

from provisioning.azure_backend.authentication import SCM_SCOPE
from provisioning.azure_backend.http_calls import Answer, HttpCalls


class SiteHttp:
    """HTTP to sites of one platform, all of which use the same scheme. Errors name no host: people read them."""

    def __init__(self, scheme: str, calls: HttpCalls) -> None:
        self._scheme = scheme
        self._calls = calls

    def call_host(self, host: str, path: str, *, key: str) -> Answer:
        """GET a path of the app's host with a key, in a header."""
        request = HttpRequest("GET", self._url(host, path), headers={"x-functions-key": key})
        return self._calls.send(request, "reach the app's host")

    def call_scm(self, host: str, path: str) -> Answer:
        """GET a path of the deployment endpoint."""
        request = HttpRequest("GET", self._url(host, path))
        return self._calls.send(request, "reach the app's deployment endpoint", scope=SCM_SCOPE)

    def post_file(self, host: str, path: str, file: Path, *, content_type: str) -> Answer:
        """POST a file to the deployment endpoint, read as it is sent."""
        with file.open("rb") as stream:
            headers = {"Content-Type": content_type, "Content-Length": str(file.stat().st_size)}
            request = HttpRequest("POST", self._url(host, path), headers=headers, content=stream)
            # The answer comes when all was received and stored, which takes a while for a big package.
            return self._calls.send(request, "publish to the app", scope=SCM_SCOPE, read_timeout=600)

    def _url(self, host: str, path: str) -> str:
        return f"{self._scheme}://{host}{path}"
