"""Removes an app and what was made for it, after a look at whose it is."""

from collections.abc import Mapping
from typing import Any

from provisioning.azure_backend.arm import Arm
from provisioning.azure_backend.bodies import last_segment, observed_site, tags_of
from provisioning.azure_backend.containers import Containers
from provisioning.errors import NotOursError
from provisioning.spec import OWNERSHIP_TAGS, container_name, ownership_mismatch, plan_name


def ensure_absent(arm: Arm, containers: Containers, app: str, tags: Mapping[str, str]) -> tuple[str, ...]:
    """Stop the app, then delete its package container, itself and its plan; return what was there.

    The app goes after its container, because only the app says where that is: a crash in between loses nothing.
    """
    if not all(tags.get(tag) for tag in OWNERSHIP_TAGS):
        message = f"refusing to delete {app}: not all ownership tags were given"
        raise NotOursError(message)
    deleted: list[str] = []
    plan = plan_name(app)
    if (site := arm.get_site(app)) is not None:
        _check_owner("app", app, tags, site)
        observed = observed_site(site, {})
        plan = observed.plan or plan
        if observed.state.lower() != "stopped":
            arm.stop(app)
        # Only a container of our own naming: the configuration is open to whoever may edit the app.
        if last_segment(observed.deployment_container) == container_name(app):
            deleted += [f"container {container_name(app)}"] * containers.ensure_absent(observed.deployment_container)
        arm.delete_site(app)
        deleted.append(f"app {app}")
    # By default Azure deletes an emptied plan with its last app, but not if the app's deletion came from elsewhere.
    if (found := arm.get_plan(plan)) is not None:
        _check_owner("plan", plan, tags, found)
        arm.delete_plan(plan)
        deleted.append(f"plan {plan}")
    return tuple(deleted)


def _check_owner(kind: str, name: str, tags: Mapping[str, str], resource: Mapping[str, Any]) -> None:
    if mismatch := ownership_mismatch(tags, tags_of(resource)):
        message = f"refusing to delete {kind} {name}: {mismatch}"
        raise NotOursError(message)
