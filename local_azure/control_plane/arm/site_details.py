"""What else a site can be asked for: its web configuration, its publishing policies, the fate of a deployment."""

from local_azure.control_plane.arm.calls import ArmCall, ArmReply, ArmRoute
from local_azure.control_plane.arm.errors import arm_error
from local_azure.control_plane.arm.locations import display_name
from local_azure.control_plane.arm.site_lookup import require_site, site_routes
from local_azure.control_plane.arm.site_shape import SITES
from local_azure.control_plane.arm.web_config_shape import web_config
from local_azure.control_plane.records import FINISHED, Deployment, DeploymentStatus, JsonObject, Site
from local_azure.control_plane.store import Store

_STATUS_WORDS = {
    DeploymentStatus.PENDING: "BuildRequestReceived",
    DeploymentStatus.BUILDING: "BuildInProgress",
    DeploymentStatus.DEPLOYING: "RuntimeStarting",
    DeploymentStatus.FAILED: "BuildFailed",
    DeploymentStatus.SUCCESS: "RuntimeSuccessful",
    DeploymentStatus.CANCELLED: "BuildAborted",
    DeploymentStatus.CONFLICT: "BuildFailed",
    DeploymentStatus.PARTIAL: "RuntimeFailed",
}
_RUNTIME_FAILED = {
    "extendedCode": "04916",
    "messageTemplate": "Deployment has been stopped, as the site failed to start within {0} mins.",
    "parameters": ["10"],
    "code": "ExpectationFailed",
    "message": "Deployment has been stopped, as the site failed to start within 10 mins.",
}


class SiteDetails:
    """The endpoints of details."""

    def __init__(self, store: Store) -> None:
        """Tell of the sites of `store`."""
        self._store = store

    def routes(self) -> list[ArmRoute]:
        """Return what is served."""
        return [
            *site_routes("GET", "/config/web", self.web_config),
            *site_routes("GET", "/basicPublishingCredentialsPolicies/{policy}", self.publishing_policy),
            *site_routes("GET", "/deploymentStatus/{deployment}", self.deployment_status),
        ]

    async def web_config(self, call: ArmCall) -> ArmReply:
        """Return the configuration of the web server."""
        site = require_site(self._store, call)
        document = _document(site, "config/web", site.app, "config")
        return ArmReply(200, {**document, "properties": web_config(site)})

    async def publishing_policy(self, call: ArmCall) -> ArmReply:
        """Say that nobody publishes with a password."""
        site = require_site(self._store, call)
        policy = call.path["policy"]
        if policy not in ("scm", "ftp"):
            raise arm_error(404, "NotFound", f"There is no publishing policy '{policy}'.")
        kind = "basicPublishingCredentialsPolicies"
        return ArmReply(200, {**_document(site, f"{kind}/{policy}", policy, kind), "properties": {"allow": False}})

    async def deployment_status(self, call: ArmCall) -> ArmReply:
        """Return how a deployment fares; 202 while it goes on."""
        site = require_site(self._store, call)
        deployment = self._store.deployments.get(call.path["deployment"])
        if deployment is None or deployment.site != site.key:
            raise arm_error(404, "NotFound", f"There is no deployment '{call.path['deployment']}'.")
        kind = "deploymentStatus"
        document = _document(site, f"{kind}/{deployment.id}", deployment.id, kind)
        body = {**document, "tags": site.tags or None, "properties": _status_json(deployment)}
        if deployment.status in FINISHED:
            return ArmReply(200, body)
        location = f"{call.base_url}{document['id']}?api-version={call.query.get('api-version', '')}"
        return ArmReply(202, body, {"Location": location, "Retry-After": "0"})


def _document(site: Site, path: str, name: str, kind: str) -> JsonObject:
    place = {"id": f"{site.id}/{path}", "name": name, "type": f"{SITES}/{kind}"}
    return {**place, "location": display_name(site.location)}


def _status_json(deployment: Deployment) -> JsonObject:
    ended = deployment.status in FINISHED
    fails_to_start = ended and deployment.fault == "runtime_fails"
    succeeded = deployment.status is DeploymentStatus.SUCCESS and not fails_to_start
    return {
        "deploymentId": deployment.id,
        "status": "RuntimeFailed" if fails_to_start else _STATUS_WORDS[deployment.status],
        "numberOfInstancesInProgress": 0,
        "numberOfInstancesSuccessful": int(succeeded),
        "numberOfInstancesFailed": int(ended and not succeeded),
        "failedInstancesLogs": None,
        "errors": _errors(deployment, fails_to_start=fails_to_start) if ended and not succeeded else None,
    }


def _errors(deployment: Deployment, *, fails_to_start: bool) -> list[JsonObject]:
    return [_RUNTIME_FAILED if fails_to_start else {"message": deployment.status_text}]
