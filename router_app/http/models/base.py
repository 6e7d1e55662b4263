"""What all models have in common: requests are read exactly as documented, answers are only described."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

DateTime = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
"""A time that the router or an app writes: ISO 8601 in UTC."""


class QueryModel(BaseModel):
    """Parameters after the `?`, as texts; unknown ones are left alone, as `code` is."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class HeadersModel(BaseModel):
    """Request headers by their names in lower case; all others are left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class BodyModel(BaseModel):
    """A JSON object: of the types that it says, and with no member that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class AnswerModel(BaseModel):
    """Describes what the router answers; members may be added in later versions."""

    model_config = ConfigDict(frozen=True)
