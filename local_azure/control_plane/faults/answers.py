"""What Azure answers when it refuses, for each kind of refusal. Pure."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from local_azure.control_plane.arm.errors import ArmError, app_service_error, arm_error, scope_locked
from local_azure.control_plane.records import JsonObject

SITE_AWAY = "<html><head><title>Site Unavailable</title></head><body>Error 503 - Site Unavailable</body></html>"
_ACTIONS = {"GET": "read", "HEAD": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete", "POST": "action"}


class Refusal(NamedTuple):
    """An answer that is made up: the body is JSON or text."""

    status: int
    body: JsonObject | str
    headers: Mapping[str, str]


def refusal(kind: str, parameters: Mapping[str, Any], *, method: str, path: str) -> Refusal:
    """Return the answer of a kind of refusal to a call."""
    retry_after = {"Retry-After": str(parameters["retryAfter"])} if "retryAfter" in parameters else {}
    if kind == "answer":
        return Refusal(parameters.get("status", 500), parameters.get("body", ""), parameters.get("headers", {}))
    if path.startswith("scm/"):
        return Refusal(*_of_deployment_endpoint(kind, method, path), retry_after)
    if kind == "throttled":
        retry_after = {"Retry-After": str(parameters.get("retryAfter", 5))}
    error = _of_resource_manager(kind, method, path)
    return Refusal(error.status, error.body, retry_after)


def _of_deployment_endpoint(kind: str, method: str, path: str) -> tuple[int, JsonObject | str]:
    """Kudu speaks in plain words."""
    if kind == "busy":
        return 409, "There is a deployment currently in progress. Please try again when it completes."
    if kind == "unavailable":
        return 503, SITE_AWAY
    if kind == "not_found":
        return 404, ""
    error = _of_resource_manager(kind, method, path)
    return error.status, error.body


def _of_resource_manager(kind: str, method: str, path: str) -> ArmError:
    name = path.rstrip("/").rpartition("/")[2]
    if kind == "forbidden":
        return arm_error(403, "AuthorizationFailed", _not_authorized(method, path))
    if kind == "scope_locked":
        return scope_locked("delete" if method == "DELETE" else "write", path, [path])
    if kind in _PLAIN:
        status, code, message = _PLAIN[kind]
        return arm_error(status, code, message.format(name))
    status, code, template, extended_code = _APP_SERVICE[kind]
    parameters = ("FlexConsumption", "100") if kind == "plan_limit" else (name,)
    return app_service_error(status, code, template, parameters, extended_code)


# Resource Manager's own: status, code, message.
_PLAIN = {
    "throttled": (429, "TooManyRequests", "The request is being throttled: too many were sent."),
    "server_error": (500, "InternalServerError", "There was an unexpected InternalServerError."),
    "unavailable": (503, "ServiceUnavailable", "The service is temporarily unavailable."),
    "disallowed": (403, "RequestDisallowedByPolicy", "Resource '{}' was disallowed by policy."),
    "not_found": (404, "ResourceNotFound", "The Resource '{}' was not found."),
}
# App Service's: status, code, template, and the five digits that are finer than the code.
_APP_SERVICE = {
    "plan_limit": (
        409,
        "Conflict",
        "The maximum number of {0} ServerFarms allowed in a Subscription is {1}.",
        "59301",
    ),
    "compute_quota": (
        401,
        "Unauthorized",
        "Operation cannot be completed without additional quota. \r\nAdditional details - Location:  ",
        None,
    ),
    "region_quota": (401, "Unauthorized", "This region has quota of 0 instances for your subscription.", None),
    "name_taken": (409, "Conflict", "Website with given name {0} already exists.", "54001"),
    "busy": (409, "Conflict", "Cannot modify this site because another operation is in progress.", None),
}


def _not_authorized(method: str, path: str) -> str:
    provider = path.rpartition("/providers/")[2].split("/")
    action = "/".join([provider[0], *provider[1::2], _ACTIONS.get(method, "action")])
    return (
        f"The client does not have authorization to perform action '{action}' over scope '{path}' or the scope is "
        "invalid. If access was recently granted, please refresh your credentials."
    )
