"""Reads what the platform's built-in authentication says of a caller: the app roles that Entra ID gives them; pure."""

import base64
import json
from typing import Any

from router_app.access import Grant, Role
from version_registry.errors import InvalidNameError
from version_registry.identifiers import check_application

HEADER = "x-ms-client-principal"
LONGEST = 64 * 1024
ENTRA = "aad"
"""How the platform calls Entra ID; other providers have no app roles of ours."""

ROLE_CLAIMS = frozenset({"roles", "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"})


def grants_of_principal(header: str) -> frozenset[Grant]:
    """Return what the principal's app roles grant; nothing if it is not one of Entra ID's."""
    principal = _decode(header)
    if principal.get("auth_typ") != ENTRA:
        return frozenset()
    claims = principal.get("claims")
    values = [_role_value(claim) for claim in claims] if isinstance(claims, list) else []
    return frozenset(grant for value in values if value and (grant := parse_role(value)))


def parse_role(value: str) -> Grant | None:
    """Read an app role: `client`, or `orders.client` for one application; None if it is not one of the router's."""
    scope, separator, name = value.rpartition(".")
    if name not in frozenset(Role):
        return None
    try:
        return Grant(Role(name), check_application(scope) if separator else "")
    except InvalidNameError:
        return None


def _role_value(claim: Any) -> str | None:
    if not isinstance(claim, dict) or claim.get("typ") not in ROLE_CLAIMS:
        return None
    value = claim.get("val")
    return value if isinstance(value, str) else None


def _decode(header: str) -> dict[str, Any]:
    if len(header) > LONGEST:
        return {}
    try:
        value = json.loads(base64.b64decode(header, validate=True))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
