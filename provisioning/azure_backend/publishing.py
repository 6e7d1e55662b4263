"""Sends packages to apps and follows their deployments, at the deployment endpoint (Kudu) of Flex Consumption."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from provisioning.azure_backend.bodies import last_segment
from provisioning.azure_backend.error_body import read_error_body
from provisioning.azure_backend.errors import error_for, without_secrets
from provisioning.azure_backend.http_calls import Answer
from provisioning.azure_backend.site_http import SiteHttp
from provisioning.errors import PermanentError, TemporaryError
from provisioning.port import DeploymentState, DeploymentStatus

_SUCCESS = 4
_UNDER_WAY = frozenset({0, 1, 2})
_ENDINGS = {-1: "was cancelled", 3: "failed", 5: "met another deployment", 6: "succeeded only in part"}
"""Kudu's numbers for what a deployment came to."""

_LOG_LINES = 20


def publish(sites: SiteHttp, scm: str, package: Path) -> str:
    """Send the package and return the deployment's id. The build goes on in Azure."""
    answer = sites.post_file(scm, "/api/publish?RemoteBuild=true", package, content_type="application/zip")
    if answer.status in (200, 202):
        return _deployment_id(answer)
    if answer.status == 409:
        message = f"a publish is in progress at {scm}; the router waits for it"
        raise TemporaryError(message, "publish_in_progress", timedelta(seconds=10))
    if answer.status == 404:
        # The endpoint of a new app answers so until it has started.
        message = f"the deployment endpoint {scm} is not there yet"
        raise TemporaryError(message, "scm_not_ready", timedelta(seconds=5))
    if answer.status == 413:
        message = f"{scm} refuses the package as too large: leave data and virtual environments out of it"
        raise PermanentError(message, "package_too_large")
    raise error_for(answer.status, read_error_body(answer.text), f"publish to {scm}")


def _deployment_id(answer: Answer) -> str:
    body = answer.json()
    if isinstance(body, str) and body:
        return body
    location = next((value for name, value in answer.headers.items() if name.lower() == "location"), "")
    if identifier := last_segment(urlsplit(location).path):
        return identifier
    message = "the deployment endpoint took the package but named no deployment"
    raise TemporaryError(message, "unexpected_answer", timedelta(seconds=10))


def check_deployment(sites: SiteHttp, scm: str, deployment: str) -> DeploymentState:
    """Look once how a deployment fares."""
    path = f"/api/deployments/{quote(deployment, safe='')}"
    answer = sites.call_scm(scm, path)
    if answer.status == 404:
        # Normal at first: the endpoint restarts with the new configuration before it knows of the deployment.
        return DeploymentState(DeploymentStatus.PENDING, "the deployment endpoint does not know of it yet")
    document = answer.json()
    if answer.status not in (200, 202) or not isinstance(document, dict):
        raise error_for(answer.status, read_error_body(answer.text), f"look at deployment {deployment}")
    return _state(sites, scm, path, document)


def _state(sites: SiteHttp, scm: str, path: str, document: Mapping[str, Any]) -> DeploymentState:
    status = document.get("status")
    said = str(document.get("status_text") or document.get("message") or "")
    if status == _SUCCESS:
        return DeploymentState(DeploymentStatus.SUCCEEDED)
    if status in _UNDER_WAY:
        return DeploymentState(DeploymentStatus.PENDING, said or str(document.get("progress") or "building"))
    ending = _ENDINGS.get(status, f"ended with status {status}") if isinstance(status, int) else "has no status"
    lines = [f"the deployment {ending}", said, *_last_log_lines(sites, scm, path)]
    return DeploymentState(DeploymentStatus.FAILED, without_secrets("\n".join(line for line in lines if line), 4000))


def _last_log_lines(sites: SiteHttp, scm: str, path: str) -> list[str]:
    """Read the end of the build log, details of its last detailed entry included."""
    entries = _log(sites, scm, f"{path}/log")
    lines = [str(entry.get("message") or "") for entry in entries]
    detailed = [entry for entry in entries if entry.get("details_url")]
    if detailed and isinstance(url := detailed[-1]["details_url"], str):
        # The path only: a URL in an answer does not decide where a token goes.
        lines += [str(entry.get("message") or "") for entry in _log(sites, scm, urlsplit(url).path)]
    return lines[-_LOG_LINES:]


def _log(sites: SiteHttp, scm: str, path: str) -> list[Mapping[str, Any]]:
    try:
        entries = sites.call_scm(scm, path).json()
    except TemporaryError:
        # The log explains a failure; that it cannot be read must not hide the failure.
        return []
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
