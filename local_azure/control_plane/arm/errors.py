"""The two shapes in which Azure says no."""

from typing import Any


class ArmError(Exception):
    """An answer that is not a success: a status and the body as it goes over the wire."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        """Keep the answer."""
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body


def arm_error(status: int, code: str, message: str) -> ArmError:
    """Build an error of Resource Manager itself."""
    return ArmError(status, {"error": {"code": code, "message": message}})


def app_service_error(
    status: int, code: str, template: str, parameters: tuple[str, ...] = (), extended_code: str | None = None
) -> ArmError:
    """Build an error of App Service: PascalCase, with the details in an ErrorEntity."""
    message = template.format(*parameters)
    entity = {
        "ExtendedCode": extended_code,
        "MessageTemplate": template,
        "Parameters": list(parameters),
        "Code": code,
        "Message": message,
    }
    details = [{"Message": message}, {"Code": code}, {"ErrorEntity": entity}]
    return ArmError(status, {"Code": code, "Message": message, "Target": None, "Details": details, "Innererror": None})


def bad_request(template: str, *parameters: str, extended_code: str = "51021") -> ArmError:
    """Build App Service's answer to a request that makes no sense."""
    return app_service_error(400, "BadRequest", template, parameters, extended_code)


def group_not_found(name: str) -> ArmError:
    """Build the answer for an absent resource group."""
    return arm_error(404, "ResourceGroupNotFound", f"Resource group '{name}' could not be found.")


def resource_not_found(kind: str, name: str, group: str) -> ArmError:
    """Build the answer for an absent resource of a group."""
    return arm_error(
        404, "ResourceNotFound", f"The Resource '{kind}/{name}' under resource group '{group}' was not found."
    )


def scope_locked(operation: str, scope: str, locked: list[str]) -> ArmError:
    """Build the answer to a change that locks forbid."""
    scopes = ",".join(f"'{one}'" for one in locked)
    message = (
        f"The scope '{scope}' cannot perform {operation} operation because following scope(s) are locked: {scopes}. "
        "Please remove the lock and try again."
    )
    return arm_error(409, "ScopeLocked", message)
