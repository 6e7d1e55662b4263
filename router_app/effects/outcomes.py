"""Outcomes of effects: every expected way an effect can end, as data for the planners. Expected errors never raise."""

from collections.abc import Mapping
from typing import Any

from provisioning import PermanentError, ProvisioningError, TemporaryError
from version_registry.sagas import Json

DEFAULT_RETRY_SECONDS = 5.0


def ok(**values: Any) -> Json:
    """It is done."""
    return {"ok": values}


def pending(resume: Mapping[str, Any], *, retry_after: float) -> Json:
    """It is under way: ask again with what is needed to resume."""
    return {"pending": dict(resume), "retry_after": retry_after}


def retry(reason: str, *, retry_after: float = DEFAULT_RETRY_SECONDS) -> Json:
    """It did not work now and may work later."""
    return {"retry": {"reason": reason, "retry_after": retry_after}}


def crashed(reason: str, *, retry_after: float = DEFAULT_RETRY_SECONDS) -> Json:
    """The app's host says that it cannot load the app. It may still come round: the planner has patience."""
    return {"retry": {"reason": reason, "retry_after": retry_after, "crashed": True}}


def failed(code: str, reason: str) -> Json:
    """It will not work however often it is tried: a person must act, or the package is at fault."""
    return {"failed": {"code": code, "reason": reason}}


def outcome_of(error: ProvisioningError) -> Json:
    """Translate an error of the platform."""
    match error:
        case TemporaryError():
            again = {"reason": error.message, "retry_after": error.retry_after.total_seconds(), "code": error.code}
            return {"retry": again}
        case PermanentError():
            return failed(error.code, error.message)
        case _:
            return retry(error.message)
