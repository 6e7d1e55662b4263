"""Makes a deployment go wrong, where a fault says so."""

import asyncio
from pathlib import Path

from local_azure.control_plane.kudu.errors import BuildError
from local_azure.control_plane.kudu.journal import Journal
from local_azure.control_plane.records import Deployment, DeploymentStatus

_WARMUP_APP = """
import azure.functions as func

app = func.FunctionApp()


@app.warm_up_trigger("warmup")
def Warmup(warmup) -> None:
    pass
"""
_BROKEN_APP = "raise RuntimeError('the worker process has exited before it was ready')\n"


class EndingError(Exception):
    """The deployment ends here, in a status of its own."""

    def __init__(self, status: DeploymentStatus, reason: str) -> None:
        """Keep the status beside the reason."""
        super().__init__(reason)
        self.status = status


_ENDINGS = {
    "deployment_cancelled": (DeploymentStatus.CANCELLED, "The deployment was cancelled."),
    "deployment_conflict": (DeploymentStatus.CONFLICT, "Another deployment is in progress."),
    "deployment_partial": (DeploymentStatus.PARTIAL, "Some instances run the new package, and some do not."),
}


async def spoil_build(deployment: Deployment, journal: Journal) -> None:
    """Fail in place of the build, or never end it."""
    if deployment.fault == "build_failure":
        journal.say("Running pip install …")
        journal.say("ERROR: No matching distribution found for such-a-library==9.9")
        raise BuildError("pip install ended with exit code 1; the deployment's log has its words")
    if deployment.fault == "stuck_deployment":
        journal.say("Running pip install …")
        await asyncio.Event().wait()


def spoil_content(deployment: Deployment, content: Path) -> None:
    """Put something else in place of the app that was built."""
    app = {"only_warmup": _WARMUP_APP, "runtime_fails": _BROKEN_APP}.get(deployment.fault)
    if app is not None:
        (content / "function_app.py").write_text(app)


def check_ending(deployment: Deployment) -> None:
    """Raise EndingError where the deployment ends otherwise than it should."""
    if ending := _ENDINGS.get(deployment.fault):
        raise EndingError(*ending)


def is_switched_off(deployment: Deployment) -> bool:
    """Tell whether the site keeps the code that it has."""
    return deployment.fault == "old_code_stays"
