"""A deployment as Kudu writes it. Pure."""

from local_azure.control_plane.records import FINISHED, Deployment, DeploymentStatus, JsonObject


def deployment_json(deployment: Deployment, site_name: str, *, active: bool, scm_url: str) -> JsonObject:
    """Write a deployment."""
    url = f"{scm_url}/api/deployments/{deployment.id}"
    succeeded = deployment.status is DeploymentStatus.SUCCESS
    return {
        "id": deployment.id,
        "status": deployment.status.value,
        "status_text": deployment.status_text,
        "author_email": "",
        "author": None,
        "deployer": deployment.deployer,
        "remoteBuild": deployment.remote_build,
        "message": "",
        "progress": "" if deployment.status in FINISHED else deployment.status.name.capitalize(),
        "received_time": deployment.received,
        "start_time": deployment.started or deployment.received,
        "end_time": deployment.ended or None,
        "last_success_end_time": deployment.ended if succeeded else None,
        "complete": deployment.status in FINISHED,
        "active": active,
        "is_temp": False,
        "is_readonly": False,
        "url": url,
        "log_url": f"{url}/log",
        "site_name": site_name,
        "build_summary": None,
    }
