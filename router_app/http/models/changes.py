"""JSON bodies of changes that admins make."""

from typing import Annotated

from pydantic import ConfigDict, Field

from router_app.http.models.base import BodyModel
from router_app.http.models.queries import Reason
from version_registry.model import PromotePolicy, RetiredStarts

TEN_YEARS_SECONDS = 10 * 366 * 24 * 3600
Seconds = Annotated[float, Field(ge=0, le=TEN_YEARS_SECONDS)]


class RampChange(BodyModel):
    """The share of starts without a version that a line is to take."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"percent": 10}]})

    percent: int = Field(ge=0, le=100, description="0 ends the ramp.")


class Keep(BodyModel):
    """Why a line is kept from being drained."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "audit until May"}]})

    # A factory leaves no default in the schema: what is not sent stays as it is.
    reason: Reason = Field(default_factory=str)


class PolicyChange(BodyModel):
    """Fields of an application's policy; those that are not named stay."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"promote": "manually", "keep_last": 2}]})

    promote: PromotePolicy = Field(
        default_factory=lambda: PromotePolicy.IMMEDIATELY, description="When a newly activated line becomes current."
    )
    retired_starts: RetiredStarts = Field(
        default_factory=lambda: RetiredStarts.RECREATE, description="What a start that names a retired line does."
    )
    sunset_delay: Seconds = Field(
        default_factory=float, description="Seconds that a line is superseded at least before a drain."
    )
    keep_last: Annotated[int, Field(ge=0, le=1000)] = Field(
        default_factory=int, description="So many of the newest superseded lines are not drained."
    )
    trial_period: Seconds = Field(
        default_factory=float, description="The sunset delay of a line that never was current."
    )
