"""What an HTTP function of the router is, as data: declared to the host, described in OpenAPI, tried by auth's tests.

Models are named, not imported: pydantic is loaded by the first request that needs it, never by a cold start.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from router_app.access import Right
from router_app.http.call import Answerer

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Body:
    """What a request carries."""

    description: str
    model: str = ""
    """`module.Class` below router_app/http/models; empty: any JSON value, or bytes if it is not JSON."""
    media: str = JSON
    required: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call answers when it did what was asked."""

    description: str
    model: str = ""
    """As of a body; empty: no content that the router knows."""
    headers: tuple[str, ...] = ()
    """Names of ANSWER_HEADERS in openapi/headers.py."""
    media: str = JSON


@dataclass(frozen=True, slots=True)
class Operation:
    """One function: where it is called, who may call it, what it takes and what it answers."""

    name: str
    """The function's, and the operation's in OpenAPI."""
    methods: str | tuple[str, ...]
    route: str
    """Below /api; `{name?}` may be left out, `{*path}` takes all that follows."""
    right: Right
    """Without default: nothing is open by mistake."""
    answerer: Answerer
    summary: str
    answers: Mapping[int | str, Answer]
    """By status; "default" for whatever a version app answers itself."""
    problems: tuple[str, ...] = ()
    """Slugs of problems.py that it may answer, beyond those that follow from its right and route."""
    query: str = ""
    """Name of the model of its query parameters."""
    headers: str = ""
    """Name of the model of its request headers."""
    body: Body | tuple[Body, ...] = ()
    """Several: by their media types, one of them is sent."""
    path: str = "paths.Usual"
    """Name of the model that describes what stands in its path."""

    @property
    def verbs(self) -> tuple[str, ...]:
        """The methods, always several."""
        return (self.methods,) if isinstance(self.methods, str) else self.methods

    @property
    def bodies(self) -> tuple[Body, ...]:
        """The bodies, always several or none."""
        return (self.body,) if isinstance(self.body, Body) else self.body
