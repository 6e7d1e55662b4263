"""The router as a site of the local Azure: put there through Resource Manager and Kudu like on the real one."""

import hashlib
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx

from devstack.arm import Arm, Bootstrap, Json, scm_url
from devstack.control_plane import last_lines
from devstack.errors import StackError
from devstack.keys import RouterKeys
from devstack.pace import Pace
from router_cli.packaging import pack_folder

LOCATION = "local"
ROUTER_GROUP = "durable-router"
VERSIONS_GROUP = "durable-router-versions"
PLAN = "durable-router-plan"
SITE = "durable-router"
CHECKOUT = Path(__file__).resolve().parent.parent
READY_SECONDS = 60.0

Tell = Callable[[str], None]


def router_settings(bootstrap: Bootstrap, store: Path, keys: RouterKeys, pace: Pace) -> dict[str, str]:
    """Return the app settings that the router starts with."""
    return {
        "ROUTER_ID": "local",
        "ROUTER_SUBSCRIPTION_ID": bootstrap.subscription,
        "ROUTER_RESOURCE_GROUP": VERSIONS_GROUP,
        "ROUTER_LOCATION": LOCATION,
        "ROUTER_ARM_ENDPOINT": bootstrap.base_url,
        "ROUTER_STORE": store.as_uri(),
        "ROUTER_CLIENT_KEYS": keys.client,
        "ROUTER_RELEASE_KEYS": keys.release,
        "ROUTER_ADMIN_KEYS": keys.admin,
        **pace.settings(),
    }


def deploy_router(arm: Arm, settings: Mapping[str, str], note: Path, tell: Tell) -> str:
    """Make sure that the checkout's router runs with `settings`; return its URL. `note` keeps the digest published."""
    found = arm.get_site(ROUTER_GROUP, SITE)
    if found is None or not settings.items() <= arm.list_settings(ROUTER_GROUP, SITE).items():
        tell("making the router's site")
        site = _put_site(arm, settings)
    else:
        site = found
    package = pack_folder(CHECKOUT)
    digest = hashlib.sha256(package).hexdigest()
    if found is None or not note.exists() or note.read_text() != digest:
        tell(f"publishing the router ({len(package) // 1024} KiB)")
        arm.publish(scm_url(site, "http"), package)
        # Written last: a start that is cut off publishes again.
        note.write_text(digest)
    return f"http://{site['properties']['defaultHostName']}"


def await_ready(url: str, keys: RouterKeys, log: Path) -> None:
    """Wait until the router answers a call of its own, not only its host."""
    headers = {"x-functions-key": keys.admin}
    deadline = time.monotonic() + READY_SECONDS
    answer = "no answer"
    while time.monotonic() < deadline:
        try:
            response = httpx.get(f"{url}/api/routes", headers=headers, timeout=5)
        except httpx.TransportError as exc:
            answer = repr(exc)
        else:
            if response.is_success:
                return
            answer = f"{response.status_code} {response.text[:1000]}"
        time.sleep(0.1)
    raise StackError(f"the router did not get ready in {READY_SECONDS:.0f} s: {answer}\n{last_lines(log)}")


def _put_site(arm: Arm, settings: Mapping[str, str]) -> Json:
    arm.put_group(ROUTER_GROUP, LOCATION)
    arm.put_group(VERSIONS_GROUP, LOCATION)
    plan = arm.put_plan(ROUTER_GROUP, PLAN, LOCATION)
    return arm.put_site(ROUTER_GROUP, SITE, _site_body(plan, settings))


def _site_body(plan: str, settings: Mapping[str, str]) -> Json:
    storage = {"type": "blobContainer", "value": "https://devstore.blob.core.windows.net/router"}
    config = {
        "deployment": {"storage": {**storage, "authentication": {"type": "SystemAssignedIdentity"}}},
        "runtime": {"name": "python", "version": "3.11"},
        "scaleAndConcurrency": {"maximumInstanceCount": 40, "instanceMemoryMB": 2048},
    }
    return {
        "location": LOCATION,
        "kind": "functionapp,linux",
        "identity": {"type": "SystemAssigned"},
        "properties": {
            "serverFarmId": plan,
            "reserved": True,
            "httpsOnly": False,
            "siteConfig": {"appSettings": [{"name": name, "value": value} for name, value in settings.items()]},
            "functionAppConfig": config,
        },
    }
