"""The kinds of faults there are, with what each does in a line."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto


class Family(Enum):
    """What is done about a call."""

    ANSWER = auto()
    """It is refused, and nothing happens."""
    CONNECTION = auto()
    OPERATION = auto()
    """It becomes a long-running operation."""
    DEPLOYMENT = auto()
    """The package is taken, and its deployment goes wrong."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault."""

    family: Family
    does: str


KINDS: Mapping[str, Kind] = {
    "answer": Kind(Family.ANSWER, "refuses with the given status, body and headers"),
    "throttled": Kind(Family.ANSWER, "429 with Retry-After"),
    "server_error": Kind(Family.ANSWER, "500 InternalServerError"),
    "unavailable": Kind(Family.ANSWER, "503; of a deployment endpoint, the page of a site that is away"),
    "plan_limit": Kind(Family.ANSWER, "409 Conflict, ExtendedCode 59301: too many plans in the subscription"),
    "compute_quota": Kind(Family.ANSWER, "401 Unauthorized: no quota for such machines"),
    "region_quota": Kind(Family.ANSWER, "401 Unauthorized: the region has a quota of 0 instances"),
    "name_taken": Kind(Family.ANSWER, "409 Conflict: somebody else has a website of this name"),
    "forbidden": Kind(Family.ANSWER, "403 AuthorizationFailed, naming the action"),
    "disallowed": Kind(Family.ANSWER, "403 RequestDisallowedByPolicy"),
    "scope_locked": Kind(Family.ANSWER, "409 ScopeLocked"),
    "busy": Kind(Family.ANSWER, "409 Conflict: another operation is in progress"),
    "not_found": Kind(Family.ANSWER, "404, as of a deployment that is not known yet"),
    "dropped": Kind(Family.CONNECTION, "the connection ends before anything happens"),
    "lost_answer": Kind(Family.CONNECTION, "it happens, and the connection ends before the answer"),
    "slow": Kind(Family.CONNECTION, "it happens after the given seconds"),
    "long_running": Kind(Family.OPERATION, "202, and done after the given number of polls"),
    "stuck": Kind(Family.OPERATION, "202, and never done"),
    "build_failure": Kind(Family.DEPLOYMENT, "the remote build fails, and its log says why"),
    "stuck_deployment": Kind(Family.DEPLOYMENT, "the deployment goes on building for ever"),
    "old_code_stays": Kind(Family.DEPLOYMENT, "the deployment succeeds, and the site runs on with what it had"),
    "only_warmup": Kind(Family.DEPLOYMENT, "the deployment succeeds, and the host indexes only a Warmup function"),
    "runtime_fails": Kind(Family.DEPLOYMENT, "the deployment succeeds, and the host fails to start the app"),
    "deployment_cancelled": Kind(Family.DEPLOYMENT, "the deployment ends as cancelled (-1)"),
    "deployment_conflict": Kind(Family.DEPLOYMENT, "the deployment ends in a conflict with another (5)"),
    "deployment_partial": Kind(Family.DEPLOYMENT, "the deployment succeeds in part (6)"),
}

PARAMETERS: Mapping[Family, Mapping[str, type | tuple[type, ...]]] = {
    Family.ANSWER: {"retryAfter": int, "status": int, "body": (dict, list, str), "headers": dict, "message": str},
    Family.CONNECTION: {"seconds": (int, float)},
    # style: which header leads to the operation; endsIn: the refusal that it comes to.
    Family.OPERATION: {"retryAfter": int, "polls": int, "style": str, "endsIn": str},
}
