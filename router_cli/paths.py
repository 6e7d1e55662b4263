"""Paths of the router's API below `/api/`, with every part quoted."""

from urllib.parse import quote

# What the router takes in instance ids and versions, and needs no quoting in a path.
SAFE = "~:@+,=-._"


def application_path(application: str) -> str:
    """Return where an application begins."""
    return quote(application, safe="")


def orchestration_path(application: str, orchestrator: str, instance: str) -> str:
    """Return where an orchestration is started; `instance` may be empty."""
    path = f"{application_path(application)}/orchestrations/{quote(orchestrator, safe=SAFE)}"
    return f"{path}/{quote(instance, safe=SAFE)}" if instance else path


def instance_path(application: str, instance: str) -> str:
    """Return where an instance is."""
    return f"{application_path(application)}/instances/{quote(instance, safe=SAFE)}"


def release_path(application: str, version: str) -> str:
    """Return where a release is."""
    return f"{application_path(application)}/releases/{quote(version, safe=SAFE)}"


def line_path(application: str, line: str) -> str:
    """Return where a line is steered."""
    return f"{application_path(application)}/lines/{quote(line, safe=SAFE)}"
