"""Policies as admins write them."""

from collections.abc import Mapping
from typing import Any

from router_app.problems import Problem
from version_registry.codec import decode, encode
from version_registry.model import Policy

FIELDS = ", ".join(Policy.__dataclass_fields__)


def changed_policy(policy: Policy, changes: Mapping[str, Any]) -> Policy:
    """Apply what an admin sent: the fields named change, the others stay. Problem if a field or value is wrong."""
    if unknown := sorted(set(changes) - set(Policy.__dataclass_fields__)):
        raise Problem("invalid-body", f"A policy has no {', '.join(unknown)}. It has: {FIELDS}.")
    try:
        changed = decode(Policy, {**encode(policy), **changes})
    except (TypeError, ValueError, OverflowError) as error:
        raise Problem("invalid-body", f"The policy cannot be read: {error}.") from error
    if changed.keep_last < 0 or changed.sunset_delay.total_seconds() < 0 or isinstance(changed.keep_last, bool):
        raise Problem("invalid-body", "keep_last and sunset_delay (seconds) must not be negative.")
    return changed
