"""What clients and pipelines are answered. Routing tables: tables.py."""

from typing import Any, Literal

from pydantic import Field, RootModel

from router_app.http.models.base import AnswerModel, DateTime
from router_app.http.models.tables import LineRelease
from version_registry.model import Function, LineStatus

RuntimeStatus = Literal[
    "Pending", "Running", "Completed", "ContinuedAsNew", "Failed", "Canceled", "Terminated", "Suspended"
]


class AnyObject(RootModel[dict[str, Any]]):
    """A JSON object."""


class Health(AnswerModel):
    """The router is well."""

    status: Literal["healthy"]
    router: str
    applications: int


class CheckStatus(AnswerModel):
    """Durable's check-status object, with URLs of the router."""

    id: str = Field(description="The instance id, its line before it: the one to use from now on.")
    statusQueryGetUri: str  # noqa: N815 - Durable's own names
    sendEventPostUri: str  # noqa: N815
    terminatePostUri: str  # noqa: N815
    rewindPostUri: str  # noqa: N815
    purgeHistoryDeleteUri: str  # noqa: N815
    restartPostUri: str  # noqa: N815
    suspendPostUri: str  # noqa: N815
    resumePostUri: str  # noqa: N815


class Output(RootModel[Any]):
    """An orchestration's output: any JSON value."""


class InstanceStatus(AnswerModel):
    """An instance as Durable shows it."""

    instanceId: str  # noqa: N815
    runtimeStatus: RuntimeStatus  # noqa: N815
    name: str | None = None
    input: Any = None
    customStatus: Any = None  # noqa: N815
    output: Any = None
    createdTime: DateTime | None = None  # noqa: N815
    lastUpdatedTime: DateTime | None = None  # noqa: N815
    historyEvents: list[dict[str, Any]] | None = None  # noqa: N815


class ListedInstance(InstanceStatus):
    """An instance in a list."""

    line: str


class Instances(RootModel[list[ListedInstance]]):
    """One page of instances. It can be short, even empty, with more to come."""


class Purged(AnswerModel):
    """How many histories were purged."""

    instancesDeleted: int  # noqa: N815


class OperationState(AnswerModel):
    """How a deploy goes."""

    id: str
    status: str
    progress: str | None
    failure: str | None = Field(description="Why it failed.")


class Release(LineRelease):
    """A release, and how its deploy goes."""

    application: str
    line_status: LineStatus
    current: bool
    functions: list[Function]
    operation: OperationState | None = Field(description="Null when there is none, or its history is purged.")
    statusUrl: str | None = Field(None, description="Where to look how the deploy goes.")  # noqa: N815


class Releases(AnswerModel):
    """All releases of an application."""

    releases: list[Release]


class LineCount(AnswerModel):
    """What of a line is unfinished."""

    unfinished: int | None = Field(description="Null when the app did not answer.")
    reason: str | None = None


class StatusCheck(AnswerModel):
    """Whether anything still runs."""

    hasRunning: bool  # noqa: N815
    lines: dict[str, LineCount]


class Changed(AnswerModel):
    """The routing table after the change; more members tell what was done."""

    generation: int
