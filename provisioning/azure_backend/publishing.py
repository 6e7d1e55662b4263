"""Sends packages to apps and follows their deployments, at the deployment endpoint (Kudu) of each kind of plan."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, assert_never
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from provisioning.azure_backend.bodies import last_segment
from provisioning.azure_backend.deployments import (
    ENDINGS,
    SUCCESS,
    UNDER_WAY,
    Adopt,
    KnownDeployment,
    LetEnd,
    Post,
    decide_publish,
    latest_of,
    mark_of,
    read_deployment,
)
from provisioning.azure_backend.error_body import read_error_body
from provisioning.azure_backend.errors import error_for, without_secrets
from provisioning.azure_backend.http_calls import Answer
from provisioning.azure_backend.site_http import SiteHttp
from provisioning.errors import PermanentError, TemporaryError
from provisioning.port import DeploymentState, DeploymentStatus

_DEPLOYMENTS = "/api/deployments"
_LATEST = "latest"
_LOG_LINES = 20
RUNS_FROM_URL = "runs_from_url"
"""Code of the error that an app takes no package, as it runs from one at a URL."""


@dataclass(frozen=True, slots=True)
class Scm:
    """The deployment endpoint of one app."""

    sites: SiteHttp
    host: str
    flex: bool
    """Flex Consumption takes packages elsewhere than the other plans do."""


def publish(scm: Scm, package: Path, digest: str) -> str:
    """Send the package, unless a publish of it is known already, and return the deployment's id."""
    mark = mark_of(digest)
    decision = decide_publish(_latest(scm) if mark else None, mark, datetime.now(UTC))
    match decision:
        case Adopt(deployment):
            return deployment
        case LetEnd(deployment):
            message = f"another deployment, {deployment}, is under way; the router lets it end first"
            raise TemporaryError(message, "publish_in_progress", timedelta(seconds=10))
        case Post():
            return _post(scm, package, mark)
        case _:
            assert_never(decision)


def _post(scm: Scm, package: Path, mark: str) -> str:
    """Send the package. The build goes on in Azure."""
    answer = scm.sites.post_file(scm.host, _publish_path(scm, mark), package, content_type="application/zip")
    if answer.status in (200, 202):
        return _deployment_id(answer)
    if answer.status == 409 and "set to a remote URL" in answer.text:
        message = "the app runs from a package at a URL; the router takes that setting away first"
        raise TemporaryError(message, RUNS_FROM_URL, timedelta(seconds=5))
    if answer.status == 409:
        message = "a publish is in progress; the router waits for it"
        raise TemporaryError(message, "publish_in_progress", timedelta(seconds=10))
    if answer.status == 404:
        # The endpoint of a new app answers so until it has started.
        message = "the app's deployment endpoint is not there yet"
        raise TemporaryError(message, "scm_not_ready", timedelta(seconds=5))
    if answer.status == 413:
        message = "the platform refuses the package as too large: leave data and virtual environments out of it"
        raise PermanentError(message, "package_too_large")
    raise error_for(answer.status, read_error_body(answer.text), "publish to the app")


def _publish_path(scm: Scm, mark: str) -> str:
    if scm.flex:
        return f"/api/publish?{urlencode({'RemoteBuild': 'true'} | ({'Deployer': mark} if mark else {}))}"
    return f"/api/zipdeploy?{urlencode({'isAsync': 'true'} | ({'deployer': mark} if mark else {}))}"


def _latest(scm: Scm) -> KnownDeployment | None:
    """Look at the newest deployment; None when there is none or the endpoint does not list them to us.

    TemporaryError when it cannot tell now: unknown is not none, and a package sent blindly may be sent twice.
    """
    answer = scm.sites.call_scm(scm.host, _DEPLOYMENTS)
    if answer.status == 200:
        return latest_of(answer.json())
    error = error_for(answer.status, read_error_body(answer.text), "list the deployments of the app")
    if isinstance(error, TemporaryError):
        raise error
    return None


def _deployment_id(answer: Answer) -> str:
    body = answer.json()
    if isinstance(body, str) and body:
        return body
    location = urlsplit(next((value for name, value in answer.headers.items() if name.lower() == "location"), ""))
    if identifier := last_segment(location.path):
        # zipdeploy names none, but the latest one of a deployer: the query tells it from somebody else's.
        return f"{identifier}?{location.query}" if identifier == _LATEST and location.query else identifier
    message = "the deployment endpoint took the package but named no deployment"
    raise TemporaryError(message, "unexpected_answer", timedelta(seconds=10))


def check_deployment(scm: Scm, deployment: str) -> DeploymentState:
    """Look once how a deployment fares."""
    identifier, _, query = deployment.partition("?")
    path = f"{_DEPLOYMENTS}/{quote(identifier, safe='')}"
    answer = scm.sites.call_scm(scm.host, f"{path}?{query}" if query else path)
    if answer.status == 404:
        # Normal at first: the endpoint restarts with the new configuration before it knows of the deployment.
        return DeploymentState(DeploymentStatus.PENDING, "the deployment endpoint does not know of it yet")
    document = answer.json()
    if answer.status not in (200, 202) or not isinstance(document, dict):
        raise error_for(answer.status, read_error_body(answer.text), f"look at deployment {deployment}")
    if other := _somebody_elses(document, query):
        return DeploymentState(DeploymentStatus.FAILED, f"another deployment, by {other}, took its place")
    return _state(scm, path, document)


def _somebody_elses(document: Mapping[str, Any], query: str) -> str:
    """Name the deployer, if the latest deployment is not the one that was asked for."""
    asked = parse_qs(query).get("deployer", [""])[0]
    found = str(document.get("deployer") or "")
    return found if asked and found and found.lower() != asked.lower() else ""


def _state(scm: Scm, path: str, document: Mapping[str, Any]) -> DeploymentState:
    status = document.get("status")
    said = str(document.get("status_text") or document.get("message") or "")
    if status == SUCCESS:
        return _success(scm, document)
    if status in UNDER_WAY:
        return DeploymentState(DeploymentStatus.PENDING, said or str(document.get("progress") or "building"))
    ending = ENDINGS.get(status, f"ended with status {status}") if isinstance(status, int) else "has no status"
    lines = [f"the deployment {ending}", said, *_last_log_lines(scm, path)]
    return DeploymentState(DeploymentStatus.FAILED, without_secrets("\n".join(line for line in lines if line), 4000))


def _success(scm: Scm, document: Mapping[str, Any]) -> DeploymentState:
    """Believe a success only of what the app runs: the old code may stay, or another deployment have come since."""
    deployment = read_deployment(document)
    if deployment is None or deployment.active is not False:
        return DeploymentState(DeploymentStatus.SUCCEEDED)
    latest = _latest(scm)
    if latest is not None and latest.id != deployment.id:
        message = f"it succeeded, but another deployment, {latest.id}, took its place"
        return DeploymentState(DeploymentStatus.FAILED, message)
    return DeploymentState(DeploymentStatus.PENDING, "it succeeded, but the app does not run it yet")


def _last_log_lines(scm: Scm, path: str) -> list[str]:
    """Read the end of the build log, details of its last detailed entry included."""
    entries = _log(scm, f"{path}/log")
    lines = [str(entry.get("message") or "") for entry in entries]
    detailed = [entry for entry in entries if entry.get("details_url")]
    if detailed and isinstance(url := detailed[-1]["details_url"], str):
        # The path only: a URL in an answer does not decide where a token goes.
        lines += [str(entry.get("message") or "") for entry in _log(scm, urlsplit(url).path)]
    return lines[-_LOG_LINES:]


def _log(scm: Scm, path: str) -> list[Mapping[str, Any]]:
    try:
        entries = scm.sites.call_scm(scm.host, path).json()
    except TemporaryError:
        # The log explains a failure; that it cannot be read must not hide the failure.
        return []
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
