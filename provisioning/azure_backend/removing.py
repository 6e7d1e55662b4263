"""Removes an app and what was made for it, after a look at whose it is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from provisioning.azure_backend.arm import DELETE, Arm, plan_path, site_path
from provisioning.azure_backend.arm_locks import locks_named
from provisioning.azure_backend.arm_slots import ArmSlots
from provisioning.azure_backend.bodies import Json, is_flex, last_segment, observed_site, tags_of
from provisioning.azure_backend.containers import Containers
from provisioning.azure_backend.http_calls import HttpCalls
from provisioning.azure_backend.operations import DONE, Look
from provisioning.azure_backend.polling import Continuation
from provisioning.azure_backend.task_hub import delete_part, hub_name, hub_parts, slot_hub_name, storage_endpoints
from provisioning.errors import NotOursError, PermanentError
from provisioning.planning import ObservedSite
from provisioning.port import Pending
from provisioning.spec import (
    OWNERSHIP_TAGS,
    PACKAGE_SETTING,
    TAG_LINE,
    candidate_names,
    container_name,
    container_url,
    ownership_mismatch,
    plan_name,
)
from provisioning.tracking_store import shares_tracking_store


@dataclass(frozen=True, slots=True)
class Tools:
    """What a removal works with."""

    arm: Arm
    containers: Containers
    calls: HttpCalls
    run_from: str | None = None
    """Where apps that run from packages have their containers."""


@dataclass(frozen=True, slots=True)
class _Deletion:
    """One thing that was there, and how far its deletion is."""

    what: str
    look: Look = DONE


def ensure_absent(
    tools: Tools, app: str, tags: Mapping[str, str], continuation: str | None = None
) -> tuple[str, ...] | Pending:
    """Stop the app, then delete its package container, its task hub, itself and its plan; return what was there.

    A lost or stale continuation does no harm: every run looks at what is there and deletes what is left.
    """
    if not all(tags.get(tag) for tag in OWNERSHIP_TAGS):
        message = f"refusing to delete {app}: not all ownership tags were given"
        raise NotOursError(message)
    earlier = Continuation.decode(continuation) if continuation else None
    deleted = earlier.deleted if earlier else ()
    for deletion in _deletions(tools, app, tags, earlier):
        if deletion.look != DONE:
            return deletion.look.pending(f"deleting {deletion.what}", deleted=deleted)
        deleted = (*deleted, deletion.what)
    return deleted


def _deletions(tools: Tools, app: str, tags: Mapping[str, str], earlier: Continuation | None) -> Iterator[_Deletion]:
    if earlier and earlier.operation.startswith(DELETE):
        yield _Deletion(earlier.operation.removeprefix(DELETE), tools.arm.look_at_deletion(earlier))
    name, site = _find_site(tools.arm, app, tags)
    plan = (observed_site(site, {}).plan if site else "") or plan_name(app)
    found = tools.arm.get_plan(plan)
    # A plan without a line of its own serves other lines as well.
    shared = found is not None and TAG_LINE not in tags_of(found)
    if site is not None:
        with locks_named(tools.arm, site_path(name)):
            yield from _remove_site(tools, name, tags, site, keep_plan=shared)
    if not shared:
        yield from _remove_plan(tools.arm, plan, tags)


def _find_site(arm: Arm, app: str, tags: Mapping[str, str]) -> tuple[str, Json | None]:
    """Find the app under its name, or under the one it got because that was taken."""
    first, *others = candidate_names(app)
    if (site := arm.get_site(first)) is not None:
        return first, site
    for name in others:
        site = arm.get_site(name)
        if site is not None and ownership_mismatch(tags, tags_of(site)) is None:
            return name, site
    return first, None


def _remove_site(
    tools: Tools, app: str, tags: Mapping[str, str], site: Json, *, keep_plan: bool
) -> Iterator[_Deletion]:
    """Remove the app last: only its configuration says where the rest is, so a crash in between loses nothing."""
    _check_owner(f"app {app}", tags, site)
    observed = observed_site(site, tools.arm.settings_of(app))
    if observed.state.lower() != "stopped":
        tools.arm.stop(app)
    container = _container_of(app, observed, tools.run_from)
    if container and tools.containers.ensure_absent(container):
        yield _Deletion(f"container {container_name(app)}")
    slots = () if is_flex(site) else ArmSlots(tools.arm, app).names()
    for hub in (hub_name(app), *(slot_hub_name(app, slot) for slot in slots)):
        yield from map(_Deletion, _remove_task_hub(tools.calls, hub, observed.settings))
    yield _Deletion(f"app {app}", tools.arm.delete_site(app, keep_plan=keep_plan))


def _container_of(app: str, observed: ObservedSite, run_from: str | None) -> str:
    """Return the container with its packages, if it is of our own naming: whoever may edit the app names others."""
    ran = observed.settings.get(PACKAGE_SETTING, "").partition("?")[0].rpartition("/")[0]
    made = container_url(run_from, app) if run_from else ""
    found = (observed.deployment_container, ran, made)
    return next((url for url in found if last_segment(url) == container_name(app)), "")


def _remove_task_hub(calls: HttpCalls, hub: str, settings: Mapping[str, str]) -> Iterator[str]:
    endpoints = storage_endpoints(settings)
    if endpoints is None:
        return
    try:
        for part in hub_parts(hub, endpoints, shared_tracking=shares_tracking_store(settings)):
            if delete_part(calls, part):
                yield part.name
    except PermanentError as exc:
        # A hub left behind costs little, a line that cannot retire costs much: it is said, and shows in the receipt.
        yield f"not deleted: task hub {hub} ({exc.code})"


def _remove_plan(arm: Arm, plan: str, tags: Mapping[str, str]) -> Iterator[_Deletion]:
    """Remove the plan, if Azure has not deleted it with its last app, as it does by default."""
    if (found := arm.get_plan(plan)) is not None:
        _check_owner(f"plan {plan}", tags, found)
        with locks_named(arm, plan_path(plan)):
            look = arm.delete_plan(plan)
        yield _Deletion(f"plan {plan}", look)


def _check_owner(what: str, tags: Mapping[str, str], resource: Json) -> None:
    if mismatch := ownership_mismatch(tags, tags_of(resource)):
        message = f"refusing to delete {what}: {mismatch}"
        raise NotOursError(message)
