"""Query parameters. Those of starts and follow-ups only describe: these calls read theirs by hand, without pydantic."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from router_app.http.models.base import QueryModel

Reason = Annotated[str, Field(max_length=500, description="Why; shown to people.")]
VersionText = Annotated[
    str,
    Field(
        max_length=64,
        description="`1.4`, `1.4.2`, `1`, `latest` or a specifier such as `~=1.4`; else the current line.",
    ),
]
Generation = Annotated[
    str,
    Field(
        pattern=r'^(\*|(W/)?"[0-9]{1,15}"|[0-9]{1,15})$',
        description="Generation of the routing table that the change is based on; with another one it is refused.",
    ),
]


class StartLikeDurable(QueryModel):
    """Of a start under Durable's own path."""

    timeout: float | None = Field(
        None, ge=0, description="Seconds to wait for the end, 200 at most; if it comes, the output is the answer."
    )
    pollingInterval: float | None = Field(  # noqa: N815 - Durable's own name
        None, ge=0, description="Longest seconds between two looks; 1 if not said."
    )


class Start(StartLikeDurable):
    """Of a start whose path names no version."""

    version: VersionText | None = None


class ShowInstance(QueryModel):
    """Of the status of an instance."""

    showInput: bool = Field(True, description="With the input.")  # noqa: N815 - Durable's own name
    showHistory: bool = Field(False, description="With the history.")  # noqa: N815
    showHistoryOutput: bool = Field(False, description="With the results in the history.")  # noqa: N815
    returnInternalServerErrorOnFailure: bool = Field(False, description="500 if it failed.")  # noqa: N815


class Command(QueryModel):
    """Of a command to an instance."""

    reason: str | None = Field(None, description="Why; kept with the instance.")


class Restart(QueryModel):
    """Of a restart."""

    restartWithNewInstanceId: bool = Field(True, description="Under a new id.")  # noqa: N815


class ListLikeDurable(QueryModel):
    """Of the query over a line's instances under Durable's own path."""

    runtimeStatus: str | None = Field(None, description="Statuses, separated by commas.")  # noqa: N815
    createdTimeFrom: str | None = Field(None, description="Made at or after.")  # noqa: N815
    createdTimeTo: str | None = Field(None, description="Made at or before.")  # noqa: N815
    instanceIdPrefix: str | None = Field(None, description="How ids begin, with the line or without.")  # noqa: N815
    showInput: bool = Field(False, description="With the inputs.")  # noqa: N815
    top: int = Field(100, ge=1, le=1000, description="So many at most.")


class ListInstances(ListLikeDurable):
    """Of the query over the instances of all lines."""

    line: str | None = Field(None, description="Of this line only.")
    continuationToken: str | None = Field(  # noqa: N815
        None, description="What the page before answered in the header x-ms-continuation-token, if not sent as header."
    )


class PurgeLikeDurable(QueryModel):
    """Of a purge of the instances that match."""

    createdTimeFrom: str = Field(description="Made at or after.")  # noqa: N815
    createdTimeTo: str | None = Field(None, description="Made at or before.")  # noqa: N815
    runtimeStatus: str | None = Field(  # noqa: N815
        None, description="Completed, Failed, Terminated or Canceled, separated by commas; else all of them."
    )


class PurgeInstances(PurgeLikeDurable):
    """Of a purge in all lines."""

    line: str | None = Field(None, description="In this line only.")


class Entities(QueryModel):
    """Of calls to entities, as the Durable HTTP API has them."""

    op: str | None = Field(None, description="The operation to signal.")
    fetchState: bool | None = Field(None, description="With the states.")  # noqa: N815
    lastOperationTimeFrom: str | None = Field(None, description="Used at or after.")  # noqa: N815
    lastOperationTimeTo: str | None = Field(None, description="Used at or before.")  # noqa: N815
    top: int | None = Field(None, description="So many at most.")


class Deploy(StrEnum):
    """When a release is deployed."""

    NOW = "now"
    ON_DEMAND = "on-demand"


class PutRelease(QueryModel):
    """Of a release."""

    deploy: Deploy = Field(Deploy.NOW, description="`on-demand`: only when the first start asks for it.")


class ShowRelease(QueryModel):
    """Of a look at a release."""

    operation: str | None = Field(None, max_length=200, description="The deploy to show; else the last one.")


class ShowRoutes(QueryModel):
    """Of a look at a routing table."""

    all: bool = Field(False, description="With the lines that are in the archive.")


class Change(QueryModel):
    """Of every change of a routing table."""

    generation: Generation | None = Field(None, description="As the header If-Match.")


class ForcedChange(Change):
    """Of a change that a pre-release needs force for."""

    force: bool = Field(False, description="Also a pre-release.")


class ExplainedChange(Change):
    """Of a change that has a reason."""

    reason: Reason | None = None
