"""Begins operations that may take long, and looks at them later: once per call, with the SDK's own polling."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from azure.core.exceptions import HttpResponseError

from provisioning.azure_backend.errors import translate, translated
from provisioning.azure_backend.polling import Continuation, EndedError, SingleLook
from provisioning.errors import TemporaryError
from provisioning.port import Pending

_POLLING_SECONDS = 5
_ANEW = "anew"


@dataclass(frozen=True, slots=True)
class Look:
    """One look at an operation: under way with a continuation, or done."""

    continuation: Continuation | None = None
    retry_after: timedelta = timedelta(0)
    failure: str = ""
    """Why it has ended without being done, where waiting helps: it is to be begun anew."""

    def pending(self, doing: str, **changes: Any) -> Pending:
        """Hand the operation back as one that is under way; `changes` go into its continuation."""
        continuation = replace(self.continuation or Continuation(_ANEW, ""), **changes)
        return Pending(continuation.encode(), self.retry_after, self.failure or doing)


DONE = Look()


def begin(action: str, operation: str, call: Callable[..., Any]) -> Look:
    """Begin an operation by a call that takes the SDK's `polling`, and look once; `action` completes "cannot …"."""
    polling = SingleLook(_POLLING_SECONDS)
    with translated(action):
        try:
            poller = call(polling=polling)
        except HttpResponseError as exc:
            # The SDK takes 201 for an error on sites and plans.
            if exc.status_code == 201:
                return DONE
            raise
        if polling.finished():
            return DONE
        return Look(Continuation(operation, poller.continuation_token()), polling.delay())


def resume(action: str, continuation: Continuation, call: Callable[..., Any]) -> Look:
    """Look once at an operation that was begun by the same call."""
    polling = SingleLook(_POLLING_SECONDS)
    with translated(action):
        try:
            call(polling=polling, continuation_token=continuation.token)
            return DONE if polling.look() else Look(continuation, polling.delay())
        except (ValueError, KeyError):
            # Written by another version of the SDK. What became of the operation shows in the app itself.
            return DONE
        except EndedError as exc:
            return _ended(exc, action)
        except HttpResponseError as exc:
            # Azure forgets operations after a while: the same.
            if exc.status_code == 404:
                return DONE
            raise


def _ended(exc: EndedError, action: str) -> Look:
    """Tell a failure that passes from one that stays. Looking again at what has ended would tell the same for ever."""
    error = translate(exc, action)
    if isinstance(error, TemporaryError):
        return Look(None, error.retry_after, error.message)
    raise exc
