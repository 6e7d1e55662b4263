"""What stands in the paths. The checks themselves are the core's; a test holds these descriptions against them."""

from typing import Annotated

from pydantic import BaseModel, Field

ONE_PART = r"^[^\x00-\x20\x7f/\\?#%]{1,256}$"
"""What a part of a path can hold without being taken for more than one."""

PublicIdText = Annotated[
    str,
    Field(
        pattern=r"^[0-9][0-9a-z.]{0,63}~[A-Za-z0-9._:=+,-][A-Za-z0-9._:@=+,-]{0,149}$",
        max_length=200,
        description="The instance id that the start answered with: `<line>~<id>`.",
    ),
]
NewIdText = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9._:=+,-][A-Za-z0-9._:@=+,-]{0,149}$",
        description="Id of the new instance, which the router puts the line before; else the router makes one.",
    ),
]


class Usual(BaseModel):
    """What the parameters mean in most paths."""

    application: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,23}$", description="Name of the application.")]
    version: Annotated[
        str,
        Field(
            pattern=r"^[0-9a-zA-Z.~=<>!,*-]{1,64}$",
            description="`1.4`, `1.4.2`, `1`, `latest` or a specifier such as `~=1.4`.",
        ),
    ]
    name: Annotated[str, Field(pattern=ONE_PART, description="Name of the orchestrator.")]
    instanceId: PublicIdText  # noqa: N815 - Durable's own name
    event: Annotated[str, Field(pattern=ONE_PART, description="Name of the event.")]
    line: Annotated[
        str, Field(pattern=r"^[0-9][0-9a-z.]{0,63}$", description="Name of the line, such as `1.4` or `1.4.2rc1`.")
    ]
    path: Annotated[str, Field(description="All that follows; it may hold slashes.")]


class Start(Usual):
    """Of starts: the id is one that the caller makes."""

    instanceId: NewIdText  # noqa: N815 - Durable's own name


class Release(Usual):
    """Of releases: the version is a whole one."""

    version: Annotated[
        str,
        Field(
            pattern=r"^v?[0-9]+\.[0-9]+\.[0-9]+(-?(a|b|rc|alpha|beta|pre|preview|c)[-.]?[0-9]*)?$",
            max_length=64,
            description="The whole version: `1.4.2`, or `1.4.2rc1`.",
        ),
    ]


class LikeDurable(Usual):
    """Of Durable's own paths: the id with the line, or without."""

    instanceId: Annotated[  # noqa: N815 - Durable's own name
        str,
        Field(
            min_length=1,
            max_length=256,
            pattern=r"^([^~/]{1,64}~)?[A-Za-z0-9._:=+,-][A-Za-z0-9._:@=+,-]{0,149}$",
            description="The instance id, with the line that the version means or without it.",
        ),
    ]
