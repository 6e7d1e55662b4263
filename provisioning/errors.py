"""What goes wrong while working on the platform, split by what the caller does next: try later, or give up."""

from datetime import timedelta


class ProvisioningError(Exception):
    """The platform refused or failed. `code` is a stable word; the message says what to do and holds no secret."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class TemporaryError(ProvisioningError):
    """It may work later: try again after `retry_after`."""

    def __init__(self, message: str, code: str, retry_after: timedelta) -> None:
        super().__init__(message, code)
        self.retry_after = retry_after


class PermanentError(ProvisioningError):
    """Trying again changes nothing: a person must act, or the package is at fault."""


class PackageError(PermanentError):
    """A package cannot be had or used.

    `code`: package_missing, package_corrupt, package_too_large, package_not_fetched, package_host_private.
    """


class NotOursError(PermanentError):
    """The resource exists, but its tags do not say that it belongs to this router; it is left alone."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "not_ours")
