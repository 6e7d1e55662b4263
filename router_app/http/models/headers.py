"""Request headers, by their names in lower case."""

from typing import Annotated

from pydantic import Field

from router_app.http.models.base import HeadersModel
from router_app.http.models.queries import Generation, VersionText


class Start(HeadersModel):
    """Of a start."""

    version: VersionText | None = Field(None, alias="x-version")
    idempotency_key: Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,255}$")] | None = Field(
        None, alias="idempotency-key", description="Makes the start repeatable: a repeat gets the answer of the first."
    )
    traceparent: str | None = Field(None, description="Trace that the start belongs to; the app is given it.")


class Paging(HeadersModel):
    """Of a query that answers in pages."""

    token: str | None = Field(
        None, alias="x-ms-continuation-token", description="What the page before answered in the same header."
    )


class Change(HeadersModel):
    """Of every change of a routing table."""

    if_match: Generation | None = Field(None, alias="if-match")


class PutRelease(HeadersModel):
    """Of a release."""

    sha256: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")] | None = Field(
        None, alias="x-package-sha256", description="SHA-256 of the package: guards against damage on the way."
    )
