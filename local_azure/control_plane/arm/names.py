"""Whether a site's name is free."""

from local_azure.control_plane.arm.calls import ArmCall, ArmReply, ArmRoute, arm_route
from local_azure.control_plane.arm.errors import bad_request
from local_azure.control_plane.arm.paths import SUBSCRIPTION, WEB
from local_azure.control_plane.arm.validation import site_name_error
from local_azure.control_plane.store import Store

SITE_KINDS = {"site", "microsoft.web/sites"}


class Names:
    """The endpoint that checks names."""

    def __init__(self, store: Store) -> None:
        """Compare with the sites of `store`, in whichever subscription: site names are global."""
        self._store = store

    def routes(self) -> list[ArmRoute]:
        """Return what is served."""
        return [arm_route("POST", SUBSCRIPTION + WEB + "/checknameavailability", self.check)]

    async def check(self, call: ArmCall) -> ArmReply:
        """Tell whether the name is free, and if not, why."""
        body = call.document()
        name, kind = body.get("name"), str(body.get("type", "")).lower()
        if not isinstance(name, str) or not name or kind not in SITE_KINDS:
            raise bad_request("A name and the type Microsoft.Web/sites are expected.")
        if error := site_name_error(name):
            return ArmReply(200, {"nameAvailable": False, "reason": "Invalid", "message": error})
        if self._store.sites.get(name):
            message = f"Hostname '{name}' already exists. Please select a different name."
            return ArmReply(200, {"nameAvailable": False, "reason": "AlreadyExists", "message": message})
        return ArmReply(200, {"nameAvailable": True, "reason": "", "message": ""})
