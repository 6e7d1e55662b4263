"""Azure's failures, classed by what the router does next. One table; the first row that matches decides. Pure."""

import re
from dataclasses import dataclass
from datetime import timedelta

from provisioning.azure_backend.error_body import ErrorBody


@dataclass(frozen=True, slots=True)
class Failure:
    """A class of failures."""

    code: str
    """The stable word of it."""
    hint: str
    """What a person does about it, or what the router does."""
    retry_after: timedelta | None = None
    """None: permanent."""


@dataclass(frozen=True, slots=True)
class Row:
    """Which answers belong to a failure; what is not given matches everything."""

    failure: Failure
    status: frozenset[int] = frozenset()
    code: str = ""
    """A regular expression for the error code."""
    message: str = ""
    """A regular expression for the message."""
    extended_code: str = ""

    def matches(self, status: int | None, body: ErrorBody) -> bool:
        """Tell whether an answer is of this row."""
        if self.status and status not in self.status:
            return False
        if self.extended_code and self.extended_code != body.extended_code:
            return False
        if self.code and not re.search(self.code, body.code, re.IGNORECASE):
            return False
        return not self.message or re.search(self.message, body.message, re.IGNORECASE) is not None


def _statuses(*status: int) -> frozenset[int]:
    return frozenset(status)


_PLAN_QUOTA = Failure(
    "plan_quota",
    "the subscription holds as many plans as it may: retire or delete lines that are no longer needed, or ask for a "
    "higher limit; the release can be deployed again afterwards",
)
_COMPUTE_QUOTA = Failure(
    "compute_quota",
    "the subscription's quota in this region is used up: ask for more, or choose another region for new version apps",
)
_FORBIDDEN = Failure(
    "forbidden",
    "give the router's identity the roles it needs on the versions' resource group (Website Contributor, Web Plan "
    "Contributor, Managed Identity Operator)",
)
_STORAGE_FORBIDDEN = Failure(
    "storage_forbidden",
    "give the identity Storage Blob Data Contributor on the account for deployed packages",
)
_INVALID_APP = Failure(
    "invalid_app",
    "Azure refuses the app's configuration: check the router's app settings, runtime version and hosting",
)
LOCKED_CODE = "locked"
_LOCKED = Failure(
    LOCKED_CODE,
    "a lock on the resource or its group forbids the change: remove the lock, or keep the line",
    # A retirement doubles the wait each time.
    timedelta(seconds=10),
)
_UNAVAILABLE = Failure(
    "unavailable", "Azure is not answering as it should; the router tries again", timedelta(seconds=10)
)
_BUSY = Failure("busy", "another change of the resource is under way; the router tries again", timedelta(seconds=15))

FAILURES: tuple[Row, ...] = (
    Row(_PLAN_QUOTA, _statuses(409), extended_code="59301"),
    Row(_PLAN_QUOTA, message=r"maximum number of .*(ServerFarms|sites)"),
    # Answered as 401, as if it were about who we are.
    Row(_COMPUTE_QUOTA, message=r"without additional quota"),
    Row(_COMPUTE_QUOTA, code=r"OverQuota|QuotaExceeded"),
    Row(_COMPUTE_QUOTA, message=r"quota of 0 instances"),
    Row(
        Failure(
            "name_taken", "the app name belongs to somebody else: give the router another id, which changes all names"
        ),
        _statuses(409),
        message=r"Website with given name|hostname .*already",
    ),
    Row(_INVALID_APP, _statuses(400), message=r"FunctionAppConfig"),
    Row(_INVALID_APP, _statuses(400), message=r"site configuration propert|app setting.* is invalid"),
    Row(
        Failure(
            "region_unsuitable",
            "this resource group cannot host the plan: use another group or region for version apps",
        ),
        message=r"Requested features .* not available in resource group",
    ),
    Row(Failure("throttled", "Azure asks to slow down; the router does", timedelta(seconds=30)), _statuses(429)),
    Row(_LOCKED, code=r"^ScopeLocked$"),
    Row(
        Failure("disallowed_by_policy", "an Azure policy forbids this; ask who owns the policy for an exemption"),
        code=r"^RequestDisallowedBy",
    ),
    Row(
        Failure("subscription_disabled", "the subscription is disabled: enable it"),
        code=r"SubscriptionNotEnabled|^ReadOnlyDisabled",
    ),
    # What a stopped app answers, with an HTML page.
    Row(_UNAVAILABLE, _statuses(403), code=r"^$", message=r"(web ?app|site) .*(stopped|disabled)"),
    Row(_STORAGE_FORBIDDEN, message=r"Azure Storage responded with Forbidden"),
    Row(_STORAGE_FORBIDDEN, _statuses(403), code=r"AuthorizationPermissionMismatch|InsufficientAccountPermissions"),
    Row(_FORBIDDEN, _statuses(403)),
    Row(_FORBIDDEN, code=r"AuthorizationFailed$"),
    Row(
        Failure("unauthenticated", "Azure does not accept the router's token: check its identity and tenant"),
        _statuses(401),
    ),
    Row(
        Failure("runtime_failed", "the package was built, but its host never started: read the app's log stream"),
        extended_code="04916",
    ),
    Row(
        Failure("runtime_failed", "the package was built, but its host never started: read the app's log stream"),
        code=r"RuntimeFailed",
    ),
    Row(
        Failure("not_found", "the subscription or resource group does not exist: check the router's settings"),
        _statuses(404),
        code=r"SubscriptionNotFound|ResourceGroupNotFound|InvalidSubscriptionId",
    ),
    Row(Failure("not_found", "it does not exist"), _statuses(404)),
    Row(_BUSY, _statuses(409, 412, 423)),
    Row(_UNAVAILABLE, _statuses(408, 500, 502, 503, 504)),
    # Final states of long-running operations carry these codes with status 200.
    Row(_UNAVAILABLE, code=r"^(InternalServerError|ServiceUnavailable|GatewayTimeout|ServerTimeout)$"),
    Row(_BUSY, code=r"^(AnotherOperationInProgress|Conflict)$"),
    Row(
        Failure("bad_request", "Azure refuses the request: this is likely a fault of the router or its settings"),
        _statuses(400),
    ),
)

UNKNOWN = Failure("failed", "Azure refused for a reason that the router does not know")


def classify(status: int | None, body: ErrorBody) -> Failure:
    """Return the class of an error answer."""
    return next((row.failure for row in FAILURES if row.matches(status, body)), UNKNOWN)
