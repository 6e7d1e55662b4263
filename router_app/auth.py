"""Lets a request through, or says why not: by its key, or by the app roles that Entra ID gives its caller."""

import hmac
from collections.abc import Mapping

from router_app.access import ALLOWED, Access, AccessKey, Grant, Right, digest_key, has_right
from router_app.principal import HEADER, grants_of_principal
from router_app.problems import Problem


def require(
    right: Right, headers: Mapping[str, str], query: Mapping[str, str], access: Access, *, application: str
) -> frozenset[Grant]:
    """Return what the caller is granted; Problem unless that gives the right on the application ("": on all)."""
    if right is Right.OPEN:
        return frozenset()
    grants = find_grants(headers, query, access)
    if not has_right(grants, right, application):
        raise Problem("forbidden", _explain(right, application, grants))
    return grants


def find_grants(headers: Mapping[str, str], query: Mapping[str, str], access: Access) -> frozenset[Grant]:
    """Tell what the caller is granted; Problem if nothing. A key that is shown decides alone, a wrong one too."""
    if key := presented_key(headers, query):
        if grants := grants_of_key(key, access.keys):
            return grants
        raise Problem("unauthenticated", "The router does not know this key; it may have been rotated.")
    if access.entra_roles and (principal := headers.get(HEADER)):
        if grants := grants_of_principal(principal):
            return grants
        raise Problem("forbidden", "Entra ID gives you none of the router's app roles. Ask an admin for one.")
    wanted = "Send a key of the router in the header x-functions-key"
    raise Problem("unauthenticated", f"{wanted}, or a token of Entra ID." if access.entra_roles else f"{wanted}.")


def is_signed_in(headers: Mapping[str, str], access: Access) -> bool:
    """Tell whether the platform knows the caller by a token: it is for the router alone, with a key or without."""
    return access.entra_roles and bool(headers.get(HEADER))


def presented_key(headers: Mapping[str, str], query: Mapping[str, str]) -> str | None:
    """Find the key on a request: the header wins over the query."""
    return headers.get("x-functions-key") or query.get("code") or None


def grants_of_key(key: str, known: tuple[AccessKey, ...]) -> frozenset[Grant]:
    """Tell what the key opens; compares with every known key, in constant time, so that timing tells nothing."""
    given = digest_key(key)
    matches = [(one.grant, hmac.compare_digest(given, one.digest)) for one in known]
    return frozenset(grant for grant, matched in matches if matched)


def _explain(right: Right, application: str, grants: frozenset[Grant]) -> str:
    held = ", ".join(str(grant) for grant in sorted(grants))
    wanted = " or ".join(sorted(ALLOWED[right]))
    if not any(grant.role in ALLOWED[right] for grant in grants):
        return f"This call needs the role {wanted}; the caller has {held}."
    if not application:
        return f"This call is about all applications and needs the role {wanted} for all; the caller has {held}."
    return f"This call needs the role {wanted} for this application; the caller has {held}."
