"""Answers of operations, as OpenAPI describes them: their own, and every problem that they may end in."""

from typing import Any

from router_app.access import Right
from router_app.http.openapi.headers import refer_to_header
from router_app.http.openapi.schemas import PROBLEM, Schemas
from router_app.http.operations import JSON, Answer, Operation
from router_app.problems import KINDS, MEDIA_TYPE, TYPE_PREFIX, ProblemKind

Json = dict[str, Any]
BY_APP = "default"
MAYBE = "Retry-After-Maybe"
RETRIED = {409: False, 429: True, 502: False, 503: True, 504: True}
"""Statuses that say when to repeat the request: always, or where it makes sense."""


def describe_answers(operation: Operation, schemas: Schemas) -> Json:
    """Describe all that the operation may answer, by status."""
    responses = {str(status): _own(answer, schemas) for status, answer in operation.answers.items()}
    for status, kinds in _by_status(problem_slugs(operation)).items():
        refusal = _refusal(status, kinds, schemas)
        if known := responses.get(str(status)):
            responses[str(status)] = _both(known, refusal)
        elif BY_APP in operation.answers:
            # The app may answer with the same status, and whatever content it likes.
            responses[str(status)] = _both(responses[BY_APP], refusal)
        else:
            responses[str(status)] = _shared(status, kinds, refusal, schemas)
    return dict(sorted(responses.items()))


def problem_slugs(operation: Operation) -> tuple[str, ...]:
    """List the problems of an operation: its own, and those that follow from its right, route and body."""
    slugs = [*operation.problems, "unavailable", "internal"]
    if operation.right is not Right.OPEN:
        slugs += ["unauthenticated", "forbidden"]
    if "{application}" in operation.route:
        slugs.append("invalid-application")
    if all(body.media == JSON for body in operation.bodies):
        slugs.append("body-too-large")
    return tuple(dict.fromkeys(slugs))


def _by_status(slugs: tuple[str, ...]) -> dict[int, list[ProblemKind]]:
    found: dict[int, list[ProblemKind]] = {}
    for slug in slugs:
        found.setdefault(KINDS[slug].status, []).append(KINDS[slug])
    return found


def _own(answer: Answer, schemas: Schemas) -> Json:
    described: Json = {"description": answer.description}
    if answer.model:
        described["content"] = {answer.media: {"schema": schemas.references[answer.model]}}
    elif answer.media == "*/*":
        described["content"] = {"*/*": {}}
    if answer.headers:
        described["headers"] = {name: refer_to_header(name) for name in answer.headers}
    return described


def _refusal(status: int, kinds: list[ProblemKind], schemas: Schemas) -> Json:
    types = [TYPE_PREFIX + kind.slug for kind in kinds]
    own = {"type": "object", "properties": {"type": {"enum": types}, "status": {"const": status}}}
    described: Json = {
        "description": "; ".join(kind.title for kind in kinds) + ".",
        "content": {MEDIA_TYPE: {"schema": {"allOf": [schemas.references[PROBLEM], own]}}},
    }
    if status in RETRIED:
        described["headers"] = {"Retry-After": refer_to_header("Retry-After" if RETRIED[status] else MAYBE)}
    return described


def _shared(status: int, kinds: list[ProblemKind], refusal: Json, schemas: Schemas) -> Json:
    name = "-".join([str(status), *sorted(kind.slug for kind in kinds)])
    schemas.refusals.setdefault(name, refusal)
    return {"$ref": f"#/components/responses/{name}"}


def _both(answer: Json, refusal: Json) -> Json:
    """Join what one status means twice."""
    return {
        "description": f"{answer['description']} Or: {refusal['description']}",
        "content": {**answer.get("content", {}), **refusal["content"]},
    }
