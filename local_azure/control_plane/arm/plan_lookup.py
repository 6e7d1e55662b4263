"""Finds a plan by the id that a site names it with."""

from local_azure.control_plane.records import Plan
from local_azure.control_plane.store import Store


def find_plan(store: Store, plan_id: str) -> Plan | None:
    """Return the plan with this ARM id, compared without case."""
    wanted = plan_id.rstrip("/").lower()
    return next((plan for plan in store.plans.find() if plan.id.lower() == wanted), None)
