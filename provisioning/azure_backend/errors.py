"""The one place where errors of the Azure SDKs become errors of this package."""

import email.utils
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)

from provisioning.azure_backend.error_body import ErrorBody, read_error_body
from provisioning.azure_backend.failures import Failure, classify
from provisioning.errors import PermanentError, ProvisioningError, TemporaryError

_MAX_RETRY_AFTER = timedelta(minutes=10)

_UNREACHABLE = Failure("unreachable", "it does not answer; the router tries again", timedelta(seconds=5))
_NO_TOKEN = Failure("no_token", "the router's identity gave no token; the router tries again", timedelta(seconds=30))
_NO_CREDENTIAL = Failure(
    "no_credential", "the router has no identity here: assign it a managed identity, or sign in with `az login`"
)


@contextmanager
def translated(action: str) -> Iterator[None]:
    """Turn SDK errors inside the block into ProvisioningError; `action` completes "cannot …"."""
    try:
        yield
    except AzureError as exc:
        raise translate(exc, action) from exc


def translate(exc: AzureError, action: str) -> ProvisioningError:
    """Return what an SDK error means for the caller."""
    if isinstance(exc, HttpResponseError) and exc.response is not None:
        body = error_body_of(exc)
        return error_for(exc.status_code, body, action, retry_after=_retry_after(getattr(exc.response, "headers", {})))
    if isinstance(exc, ServiceRequestError | ServiceResponseError):
        return _error(_UNREACHABLE, action, type(exc).__name__, _UNREACHABLE.retry_after)
    if isinstance(exc, ClientAuthenticationError):
        # azure-identity: either nothing is configured to give tokens, or what is configured did not give one now.
        failure = _NO_CREDENTIAL if type(exc).__name__ == "CredentialUnavailableError" else _NO_TOKEN
        return _error(failure, action, "", failure.retry_after)
    return _error(classify(None, ErrorBody(message=exc.message)), action, exc.message, None)


def error_for(
    status: int | None, body: ErrorBody, action: str, *, retry_after: timedelta | None = None
) -> ProvisioningError:
    """Return the error for an answer of Azure, whoever received it."""
    failure = classify(status, body)
    said = _said(status, body)
    if failure.retry_after is None:
        return _error(failure, action, said, None)
    return _error(failure, action, said, min(retry_after or failure.retry_after, _MAX_RETRY_AFTER))


def error_body_of(exc: HttpResponseError) -> ErrorBody:
    """Read the answer's own words; the SDK's parsed form misses App Service's."""
    try:
        text = exc.response.text() if exc.response is not None else ""
    except (AzureError, ValueError, LookupError):
        return ErrorBody(message=exc.message)
    body = read_error_body(text)
    # Storage answers in XML; its SDK has read the code out of a header.
    storage_code = getattr(exc, "error_code", None)
    if body.code or storage_code is None:
        return body
    return ErrorBody(str(getattr(storage_code, "value", storage_code)), exc.message.partition("\n")[0])


def _error(failure: Failure, action: str, said: str, retry_after: timedelta | None) -> ProvisioningError:
    message = f"cannot {action}: {failure.hint}" + (f" (Azure: {said})" if said else "")
    if retry_after is None:
        return PermanentError(message, failure.code)
    return TemporaryError(message, failure.code, retry_after)


def _said(status: int | None, body: ErrorBody) -> str:
    parts = [str(status) if status else "", body.code, without_secrets(body.message)]
    return " ".join(part for part in parts if part)


_SECRET = re.compile(
    r"((?:AccountKey|SharedAccessKey|password|key|code|sig)\s*[=:]\s*|Bearer\s+)[A-Za-z0-9+/%_~.=-]{8,}", re.IGNORECASE
)


def without_secrets(text: str, limit: int = 600) -> str:
    """Blank what looks like a key or a signature, as Azure quotes bad settings back; keep the end of a long text."""
    return _SECRET.sub(r"\1***", text)[-limit:]


def _retry_after(headers: Mapping[str, Any]) -> timedelta | None:
    """Read Retry-After, in seconds or as a date."""
    value = str(headers.get("Retry-After") or headers.get("retry-after") or "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", value):
        return timedelta(seconds=float(value))
    try:
        at = email.utils.parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    return timedelta(seconds=max(0.0, at.timestamp() - time.time()))
