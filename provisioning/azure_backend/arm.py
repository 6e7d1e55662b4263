"""Calls of Azure Resource Manager, one per method, in Azure's JSON; errors come out as ProvisioningError.

Loads the Azure SDKs: import it only when the platform is used.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, cast

from azure.core.credentials import TokenCredential
from azure.core.exceptions import ResourceNotFoundError
from azure.core.rest import HttpRequest, HttpResponse
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.web import WebSiteManagementClient

from provisioning.azure_backend.authentication import ARM_SCOPE, bearer_policy
from provisioning.azure_backend.bodies import Json
from provisioning.azure_backend.errors import translated
from provisioning.azure_backend.http_calls import RETRIES
from provisioning.azure_backend.operations import Look, begin, resume
from provisioning.azure_backend.polling import Continuation
from provisioning.azure_backend.settings import AzureSettings
from provisioning.errors import PermanentError

NAME_TAKEN = "name_taken"
DELETE = "delete "
"""How an operation that deletes begins; what it deletes follows."""
_WEB_API = "2025-05-01"
TIMEOUTS = {"connection_timeout": 10, "read_timeout": 120}


class Arm:
    """Resource Manager, for one subscription and resource group."""

    def __init__(self, settings: AzureSettings, credential: TokenCredential) -> None:
        options: dict[str, Any] = {
            "base_url": settings.arm_endpoint.rstrip("/"),
            "authentication_policy": bearer_policy(credential, ARM_SCOPE, settings.arm_endpoint),
            **RETRIES,
            **TIMEOUTS,
        }
        self.web = WebSiteManagementClient(credential, settings.subscription_id, polling_interval=5, **options)
        self._resources = ResourceManagementClient(credential, settings.subscription_id, **options)
        self.group = settings.resource_group
        self.group_id = f"/subscriptions/{settings.subscription_id}/resourceGroups/{self.group}"

    def group_exists(self) -> bool:
        """Tell whether the resource group is there."""
        with translated(f"look for resource group {self.group}"):
            return bool(self._resources.resource_groups.check_existence(self.group))

    def create_group(self, location: str) -> None:
        """Create the resource group."""
        with translated(f"create resource group {self.group}"):
            self._resources.resource_groups.create_or_update(self.group, cast(Any, {"location": location}))

    def get_site(self, name: str) -> Json | None:
        """Read an app; None if absent."""
        return self.read(f"read app {name}", lambda: self.web.web_apps.get(self.group, name))

    def get_plan(self, name: str) -> Json | None:
        """Read a hosting plan; None if absent."""
        return self.read(f"read plan {name}", lambda: self.web.app_service_plans.get(self.group, name))

    def plan_id(self, name: str) -> str:
        """Return the resource id of a plan in the group."""
        return f"{self.group_id}/{plan_path(name)}"

    def check_name(self, name: str) -> None:
        """Raise PermanentError `name_taken` if somebody else has an app of this name."""
        try:
            with translated(f"check the name {name}"):
                answer = self.web.check_name_availability(cast(Any, {"name": name, "type": "Microsoft.Web/sites"}))
        except PermanentError as exc:
            # It is asked of the subscription, where the router has no rights. The PUT decides in the end.
            if exc.code == "forbidden":
                return
            raise
        # A missing answer is no refusal either.
        if answer.get("nameAvailable") is False:
            message = f"the app name {name} belongs to somebody else ({answer.get('message') or 'no reason given'})"
            raise PermanentError(message, NAME_TAKEN)

    def put_plan(self, name: str, body: Json) -> Look:
        """Create the plan."""
        return begin(f"create plan {name}", "plan", self._putting_plan(name, body))

    def put_site(self, name: str, body: Json) -> Look:
        """Create or replace the app."""
        return begin(f"create app {name}", "site", self._putting_site(name, body))

    def look_at_plan(self, name: str, continuation: Continuation) -> Look:
        """Look once at the creation of a plan."""
        return resume(f"create plan {name}", continuation, self._putting_plan(name, {}))

    def look_at_site(self, name: str, continuation: Continuation) -> Look:
        """Look once at the creation of an app."""
        return resume(f"create app {name}", continuation, self._putting_site(name, {}))

    def _putting_plan(self, name: str, body: Json) -> Callable[..., Any]:
        return partial(self.web.app_service_plans.begin_create_or_update, self.group, name, cast(Any, body))

    def _putting_site(self, name: str, body: Json) -> Callable[..., Any]:
        return partial(self.web.web_apps.begin_create_or_update, self.group, name, cast(Any, body))

    def settings_of(self, name: str) -> dict[str, str]:
        """Read all app settings."""
        with translated(f"read the settings of app {name}"):
            answer = self.web.web_apps.list_application_settings(self.group, name)
            return {str(key): str(value) for key, value in (answer.get("properties") or {}).items()}

    def put_settings(self, name: str, settings: Mapping[str, str]) -> None:
        """Replace all app settings."""
        with translated(f"write the settings of app {name}"):
            body = cast(Any, {"properties": dict(settings)})
            self.web.web_apps.update_application_settings(self.group, name, body)

    def put_tags(self, name: str, tags: Mapping[str, str]) -> None:
        """Replace the app's tags and nothing else. Not by the tags API, whose rights the router does not have."""
        with translated(f"tag app {name}"):
            self.web.web_apps.update(self.group, name, cast(Any, {"tags": dict(tags)}))

    def start(self, name: str) -> None:
        """Start the app."""
        with translated(f"start app {name}"):
            self.web.web_apps.start(self.group, name)

    def stop(self, name: str) -> None:
        """Stop the app."""
        with translated(f"stop app {name}"):
            self.web.web_apps.stop(self.group, name)

    def restart(self, name: str) -> None:
        """Restart the app and wait for it, then let Azure look at its triggers."""
        with translated(f"restart app {name}"):
            self.web.web_apps.restart(self.group, name, soft_restart=False, synchronous=True)
            self.web.web_apps.sync_function_triggers(self.group, name)

    def host_keys(self, name: str) -> Json:
        """Read the keys of the app's host."""
        with translated(f"read the keys of app {name}"):
            return dict(self.web.web_apps.list_host_keys(self.group, name).as_dict())

    def send(self, request: HttpRequest) -> HttpResponse:
        """Send a request that the clients have no call for; any answer is returned."""
        return self.web.send_request(request)

    def delete_site(self, name: str, *, keep_plan: bool) -> Look:
        """Delete the app; absent is fine. An emptied plan goes with it unless it is kept."""
        query = {"deleteEmptyServerFarm": "false"} if keep_plan else {}
        return self._delete(f"app {name}", site_path(name), query)

    def delete_plan(self, name: str) -> Look:
        """Delete the plan; absent is fine."""
        return self._delete(f"plan {name}", plan_path(name), {})

    def look_at_deletion(self, continuation: Continuation) -> Look:
        """Look once at the deletion of an app or a plan."""
        return resume(continuation.operation, continuation, self._deleting("", {}))

    def _delete(self, what: str, path: str, query: Mapping[str, str]) -> Look:
        operation = f"{DELETE}{what}"
        return begin(operation, operation, self._deleting(f"{self.group_id}/{path}", query))

    def _deleting(self, resource_id: str, query: Mapping[str, str]) -> Callable[..., Any]:
        # The same request as that of the typed call, which takes the 202 of a deletion that goes on for an error.
        delete = self._resources.resources.begin_delete_by_id
        return partial(delete, resource_id.lstrip("/"), api_version=_WEB_API, params=dict(query))

    def list_tagged(self, tag: str, value: str) -> list[Json]:
        """List the group's resources with a tag."""
        quoted = value.replace("'", "''")
        with translated(f"list what is tagged {tag}={value}"):
            filter_ = f"tagName eq '{tag}' and tagValue eq '{quoted}'"
            return [
                item.as_dict() for item in self._resources.resources.list_by_resource_group(self.group, filter=filter_)
            ]

    def read(self, action: str, call: Callable[[], Any]) -> Json | None:
        """Read a resource; None if absent."""
        with translated(action):
            try:
                return cast(Json, call().as_dict())
            except ResourceNotFoundError:
                return None


def site_path(name: str) -> str:
    """Return where in the group an app is."""
    return f"providers/Microsoft.Web/sites/{name}"


def plan_path(name: str) -> str:
    """Return where in the group a plan is."""
    return f"providers/Microsoft.Web/serverfarms/{name}"
