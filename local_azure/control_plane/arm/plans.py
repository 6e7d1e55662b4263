"""App Service plans."""

from dataclasses import replace

from local_azure.control_plane.arm.calls import ArmCall, ArmReply, ArmRoute, arm_route
from local_azure.control_plane.arm.errors import app_service_error, resource_not_found
from local_azure.control_plane.arm.paths import GROUP, PLAN, SUBSCRIPTION, WEB
from local_azure.control_plane.arm.plan_requests import plan_from_put
from local_azure.control_plane.arm.plan_shape import PLANS, plan_json, put_plan_json
from local_azure.control_plane.arm.resource_groups import require_group, require_open_group
from local_azure.control_plane.arm.shapes import list_json
from local_azure.control_plane.arm.site_shape import site_json
from local_azure.control_plane.records import JsonObject, Plan
from local_azure.control_plane.settings import Settings
from local_azure.control_plane.store import Store


class Plans:
    """The endpoints of plans."""

    def __init__(self, store: Store, settings: Settings) -> None:
        """Serve the plans of `store`."""
        self._store = store
        self._settings = settings

    def routes(self) -> list[ArmRoute]:
        """Return what is served."""
        return [
            arm_route("GET", SUBSCRIPTION + WEB + "/serverfarms", self.list_all),
            arm_route("GET", GROUP + WEB + "/serverfarms", self.list_group),
            arm_route("PUT", PLAN, self.put),
            arm_route("GET", PLAN, self.get),
            arm_route("PATCH", PLAN, self.patch),
            arm_route("DELETE", PLAN, self.delete),
            arm_route("GET", PLAN + "/sites", self.sites),
        ]

    async def put(self, call: ArmCall) -> ArmReply:
        """Create or change the plan; 200 in both cases."""
        group = require_open_group(self._store, call)
        before = self._find(call)
        plan = plan_from_put(group, call.path["plan"], before, call.document())
        if before is None:
            self._check_quota(plan)
            plan = replace(plan, number=self._store.next_plan_number())
        self._store.plans.put(plan)
        location = None if before else str(call.document()["location"])
        return ArmReply(200, put_plan_json(self._json(plan), new_at=location))

    async def get(self, call: ArmCall) -> ArmReply:
        """Return the plan."""
        return ArmReply(200, self._json(self._require(call)))

    async def patch(self, call: ArmCall) -> ArmReply:
        """Change what the body names and leave the rest."""
        before = self._require(call)
        body = call.document()
        group = require_group(self._store, call)
        plan = plan_from_put(group, before.name, before, {"location": before.location, "tags": before.tags, **body})
        self._store.plans.put(plan)
        return ArmReply(200, self._json(plan))

    async def list_all(self, call: ArmCall) -> ArmReply:
        """List the subscription's plans."""
        found = self._store.plans.find(subscription=call.path["subscription"])
        return ArmReply(200, list_json([self._json(plan) for plan in found]))

    async def list_group(self, call: ArmCall) -> ArmReply:
        """List the group's plans."""
        group = require_group(self._store, call)
        found = self._store.plans.find(subscription=group.subscription, group_name=group.name)
        return ArmReply(200, list_json([self._json(plan) for plan in found]))

    async def delete(self, call: ArmCall) -> ArmReply:
        """Delete an empty plan; 204 when there is none."""
        plan = self._find(call)
        if plan is None:
            return ArmReply(204)
        if sites := self._store.sites.find(plan_id=plan.id):
            names = ",".join(site.name for site in sites)
            template = "Server farm '{0}' cannot be deleted because it has web app(s) {1} assigned to it."
            raise app_service_error(409, "Conflict", template, (plan.name, names), "11003")
        self._store.plans.remove(subscription=plan.subscription, group_name=plan.group_name, name=plan.name)
        return ArmReply(200)

    async def sites(self, call: ArmCall) -> ArmReply:
        """List the sites on the plan."""
        plan = self._require(call)
        found = self._store.sites.find(plan_id=plan.id)
        return ArmReply(200, list_json([site_json(site, plan, host=self._settings.host) for site in found]))

    def _find(self, call: ArmCall) -> Plan | None:
        return self._store.plans.get(call.path["subscription"], call.path["group"], call.path["plan"])

    def _require(self, call: ArmCall) -> Plan:
        plan = self._find(call)
        if plan is None:
            raise resource_not_found(PLANS, call.path["plan"], call.path["group"])
        return plan

    def _json(self, plan: Plan) -> JsonObject:
        return plan_json(plan, site_count=len(self._store.sites.find(plan_id=plan.id, slot="")))

    def _check_quota(self, plan: Plan) -> None:
        limit = self._settings.max_flex_plans
        flex = [other for other in self._store.plans.find(subscription=plan.subscription) if other.is_flex]
        if limit is None or not plan.is_flex or len(flex) < limit:
            return
        template = "The maximum number of {0} ServerFarms allowed in a Subscription is {1}."
        raise app_service_error(409, "Conflict", template, ("FlexConsumption", str(limit)), "59301")
