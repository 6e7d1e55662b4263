"""HTTP functions for admins, and the open health check."""

from collections.abc import Iterator

import azure.durable_functions as df
import azure.functions as func

from router_app.http import steering
from router_app.http.call import Call, json_response
from router_app.http.declaring import Declarer
from router_app.parts import Parts

LINE = "{application}/lines/{line}"


def admin_functions(parts: Parts) -> Iterator[df.Blueprint]:
    """Declare them: one group steers, one reads, one is open."""
    steer = Declarer(parts, "steer")
    steer.add("promote_line", "POST", f"{LINE}/promote", steering.promote)
    steer.add("ramp_line", "POST", f"{LINE}/ramp", steering.ramp)
    steer.add("keep_line", "POST", f"{LINE}/keep", steering.keep)
    steer.add("unkeep_line", "DELETE", f"{LINE}/keep", steering.keep)
    steer.add("drain_line", "POST", f"{LINE}/drain", steering.drain)
    steer.add("cancel_drain", "POST", f"{LINE}/cancel-drain", steering.cancel_drain)
    steer.add("roll_back", "POST", "{application}/rollback", steering.roll_back)
    steer.add("set_policy", "PUT", "{application}/policy", steering.set_policy)
    yield steer.blueprint
    read = Declarer(parts, "read")
    read.add("show_all_routes", "GET", "routes", steering.show_all_routes)
    read.add("show_routes", "GET", "{application}/routes", steering.show_routes)
    read.add("show_log", "GET", "{application}/log", steering.show_log)
    yield read.blueprint
    public = Declarer(parts, None)
    public.add("show_health", "GET", "health", show_health)
    yield public.blueprint


async def show_health(parts: Parts, call: Call) -> func.HttpResponse:
    """Answer that the router can read what it routes by."""
    applications = await call.hub.read_catalogue()
    return json_response({"status": "healthy", "router": parts.settings.router_id, "applications": len(applications)})
