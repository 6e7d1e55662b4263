"""The problem object of RFC 9457."""

from pydantic import ConfigDict, Field

from router_app.http.models.base import AnswerModel


class Problem(AnswerModel):
    """Why a call was refused, and what to do about it."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="Stable: what programs decide by.")
    title: str
    status: int
    detail: str = Field(description="For people: what is wrong here, and what to do.")
    instance: str = Field(description="Path of the request.")
