"""Long-running operations looked at once per call, so that no thread of the router waits for Azure."""

import json
from dataclasses import asdict, dataclass
from datetime import timedelta

from azure.core.exceptions import HttpResponseError
from azure.core.polling.base_polling import BadResponse, BadStatus
from azure.mgmt.core.polling.arm_polling import ARMPolling

_SHORTEST, _LONGEST = timedelta(seconds=1), timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Continuation:
    """An operation under way, as a string that survives a restart."""

    operation: str
    """Which of our calls began it."""
    token: str
    """The SDK's continuation token. Holds URLs and the first answer, no credential and no setting."""
    attempt: int = 0
    """Which of the app's possible names it is about."""
    deleted: tuple[str, ...] = ()
    """What a removal had deleted when it came to this operation."""

    def encode(self) -> str:
        """Write it."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def decode(cls, text: str) -> "Continuation | None":
        """Read it; None for anything else, as the state of the app is looked at afresh then."""
        try:
            document = json.loads(text)
            deleted = tuple(str(name) for name in document.get("deleted", ()))
            return cls(str(document["operation"]), str(document["token"]), int(document.get("attempt", 0)), deleted)
        except (ValueError, KeyError, TypeError):
            return None


class EndedError(HttpResponseError):
    """The operation itself has failed, and not the look at it."""


class SingleLook(ARMPolling):
    """The SDK's polling of Resource Manager, one look at a time."""

    def run(self) -> None:
        """Do nothing: the poller's own thread would wait and sleep."""

    def look(self) -> bool:
        """Ask Azure once how the operation fares; True when it succeeded, EndedError when it failed."""
        try:
            if not self.finished():
                self.update_status()
        except (BadStatus, BadResponse) as exc:
            raise HttpResponseError(response=self._pipeline_response.http_response, error=exc) from exc
        if not self.finished():
            return False
        if self.status().lower() != "succeeded":
            raise EndedError(response=self._pipeline_response.http_response)
        return True

    def delay(self) -> timedelta:
        """Return when Azure wants to be asked next."""
        return min(max(timedelta(seconds=float(self._extract_delay())), _SHORTEST), _LONGEST)
