"""A deployment as Kudu writes it. Pure."""

from local_azure.control_plane.records import FINISHED, Deployment, DeploymentStatus, JsonObject

ONE_DEPLOY = "LegionOneDeploy"


def deployment_json(deployment: Deployment, site_name: str, *, active: bool, scm_url: str) -> JsonObject:
    """Write a deployment."""
    url = f"{scm_url}/api/deployments/{deployment.id}"
    succeeded = deployment.status is DeploymentStatus.SUCCESS
    return {
        "id": deployment.id,
        "status": deployment.status.value,
        "status_text": deployment.status_text,
        "deployer": deployment.deployer,
        "progress": "" if deployment.status in FINISHED else deployment.status.name.capitalize(),
        "received_time": deployment.received,
        "start_time": deployment.started or deployment.received,
        "end_time": deployment.ended or None,
        "last_success_end_time": deployment.ended if succeeded else None,
        "complete": deployment.status in FINISHED,
        "active": active,
        "is_temp": False,
        "url": url,
        "log_url": f"{url}/log",
        "site_name": site_name,
        **_of_its_way(deployment),
    }


def _of_its_way(deployment: Deployment) -> JsonObject:
    """Write in what the endpoints of Flex and of the other plans differ: two programs, one interface."""
    if (deployment.way or deployment.deployer) == ONE_DEPLOY:
        who: JsonObject = {"author": None, "author_email": "", "message": "", "is_readonly": False}
        return {**who, "remoteBuild": deployment.remote_build, "build_summary": None}
    who = {"author": "N/A", "author_email": "N/A", "message": "Created via a push deployment", "is_readonly": True}
    return {**who, "build_summary": {"errors": [], "warnings": []}}
