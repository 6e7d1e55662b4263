"""The JSON body of a release that names where its package is."""

from typing import Annotated

from pydantic import ConfigDict, Field

from router_app.http.models.base import BodyModel


class PackageSource(BodyModel):
    """Where the package is, and what it must be."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"packageUri": "https://example.blob.core.windows.net/packages/a.zip", "sha256": "0" * 64}]
        }
    )

    packageUri: Annotated[  # noqa: N815 - as it is sent
        str, Field(max_length=4096, description="https, to one of the hosts that the router is told.")
    ]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$", description="SHA-256 of the package.")]
