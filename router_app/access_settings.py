"""Reads who may call the router from its settings: keys of the three roles, and whether Entra ID app roles count.

A list of keys is `KEY,KEY,APPLICATION:KEY`: a key with an application before it opens only that application's calls.
"""

import re
from collections.abc import Iterator, Mapping

from router_app.access import Access, AccessKey, Grant, Role, digest_key
from router_app.setting_error import SettingError
from version_registry.errors import InvalidNameError
from version_registry.identifiers import check_application

SHORTEST_KEY = 16
KEY = re.compile(r"[\x21-\x2b\x2d-\x39\x3b-\x7e]+")
"""Visible ASCII but for `,` and `:`, which part keys and applications."""

UNRESOLVED = re.compile(r"@Microsoft\.(KeyVault|AppConfiguration)\(", re.IGNORECASE)


def refuse_unresolved(env: Mapping[str, str]) -> None:
    """Raise SettingError if a setting still is the reference that the platform should have put the secret for."""
    for name, value in env.items():
        if name.startswith("ROUTER_") and UNRESOLVED.search(value):
            # A part of it would do as a key, which anybody can guess who knows the vault.
            raise SettingError(
                f"{name} is a reference that the platform has not resolved. See the state of the reference in the"
                " site's configuration: usually the site's identity may not read the secret, or the name is wrong."
            )


def read_access(env: Mapping[str, str]) -> Access:
    """Read the keys of all roles and the choice of Entra ID; SettingError if one cannot be."""
    keys = tuple(key for role in Role for key in _keys(env, f"ROUTER_{role.name}_KEYS", role))
    return Access(keys, _entra_roles(env))


def _keys(env: Mapping[str, str], name: str, role: Role) -> Iterator[AccessKey]:
    entries = [entry.strip() for entry in env.get(name, "").split(",")]
    for number, entry in enumerate(entries, 1):
        # A comma at the end is no key.
        if entry:
            yield _key(f"Key {number} of {name}", role, entry)


def _key(place: str, role: Role, entry: str) -> AccessKey:
    # No message repeats an entry: it holds a secret.
    scope, separator, text = entry.rpartition(":")
    if separator:
        try:
            check_application(scope)
        except InvalidNameError as error:
            raise SettingError(f"{place} has no application's name before its colon, as in orders:KEY.") from error
    if len(text) < SHORTEST_KEY:
        raise SettingError(
            f"{place} is too short: {len(text)} characters. A key has {SHORTEST_KEY} or more;"
            " make one with: openssl rand -hex 32"
        )
    if not KEY.fullmatch(text):
        raise SettingError(f"{place} has a character that a key cannot have: it is ASCII without spaces, ',' and ':'.")
    return AccessKey(Grant(role, scope), digest_key(text))


def _entra_roles(env: Mapping[str, str]) -> bool:
    match env.get("ROUTER_ENTRA_ROLES", "").strip().lower():
        case "" | "false":
            return False
        case "true":
            return _with_authentication(env)
        case _:
            raise SettingError("ROUTER_ENTRA_ROLES must be true or false.")


def _with_authentication(env: Mapping[str, str]) -> bool:
    # Only the platform's authentication takes a forged header off a request. The platform says by this that it is on.
    if env.get("WEBSITE_AUTH_ENABLED", "").strip().lower() == "true":
        return True
    raise SettingError(
        "ROUTER_ENTRA_ROLES is true, but the site's built-in authentication is not on (WEBSITE_AUTH_ENABLED is not"
        " True): anybody could name the roles that they like. Turn it on, or ROUTER_ENTRA_ROLES off."
    )
