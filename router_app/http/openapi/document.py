"""The OpenAPI 3.1 document: written from the route table and from the models that read requests."""

from collections.abc import Iterable
from typing import Any

from router_app.access import ALLOWED, Right
from router_app.http.openapi.answers import describe_answers
from router_app.http.openapi.headers import ANSWER_HEADERS
from router_app.http.openapi.requests import describe_body, describe_parameters
from router_app.http.openapi.routes import expand_route
from router_app.http.openapi.schemas import Schemas, collect_schemas
from router_app.http.operations import Operation

Json = dict[str, Any]

INFO: Json = {
    "title": "Durable Router",
    "version": "1",
    "summary": "Versioned orchestrations in front of Azure Durable Functions.",
    "description": (
        "Starts go to the app of their version, follow-ups to the app that their instance id names. "
        "Errors are problem details of RFC 9457 with a stable type."
    ),
}
SECURITY_SCHEMES: Json = {
    "key": {"type": "apiKey", "in": "header", "name": "x-functions-key", "description": "A key of the router."},
    "keyInQuery": {
        "type": "apiKey",
        "in": "query",
        "name": "code",
        "description": "The same. It leaves traces in logs.",
    },
    "entraId": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token of Entra ID with an app role of the router, where the router is set up for it.",
    },
}
TAGS: dict[Right, str] = {
    Right.CALL: "clients",
    Right.RELEASE: "releases",
    Right.READ: "looking",
    Right.STEER: "steering",
    Right.OPEN: "everybody",
}


def describe_api(operations: Iterable[Operation]) -> Json:
    """Write the document, without the server's address."""
    table = tuple(operations)
    schemas = collect_schemas(table)
    components = {
        "schemas": schemas.components,
        "securitySchemes": SECURITY_SCHEMES,
        "headers": ANSWER_HEADERS,
        "responses": schemas.refusals,
    }
    return {
        "openapi": "3.1.0",
        "info": INFO,
        "tags": [{"name": name} for name in TAGS.values()],
        "security": [{name: []} for name in SECURITY_SCHEMES],
        "paths": _describe_paths(table, schemas),
        "components": components,
    }


def _describe_paths(table: tuple[Operation, ...], schemas: Schemas) -> Json:
    paths: Json = {}
    for operation in table:
        for number, path in enumerate(expand_route(operation.route)):
            for verb in operation.verbs:
                described = _describe_operation(operation, path, schemas)
                described["operationId"] = _operation_id(operation, verb, is_longer=number > 0)
                paths.setdefault(path, {})[verb.lower()] = described
    return paths


def _operation_id(operation: Operation, verb: str, *, is_longer: bool) -> str:
    of_several = f"_{verb.lower()}" if len(operation.verbs) > 1 else ""
    return f"{operation.name}{of_several}{'_with_id' if is_longer else ''}"


def _describe_operation(operation: Operation, path: str, schemas: Schemas) -> Json:
    described: Json = {
        "tags": [TAGS[operation.right]],
        "summary": operation.summary,
        "description": _describe_right(operation.right),
        "parameters": describe_parameters(operation, path),
        "responses": describe_answers(operation, schemas),
    }
    if operation.bodies:
        described["requestBody"] = describe_body(operation.bodies, schemas)
    if operation.right is Right.OPEN:
        described["security"] = []
    return described


def _describe_right(right: Right) -> str:
    if right is Right.OPEN:
        return "Needs no key."
    return f"Needs the role {' or '.join(sorted(ALLOWED[right]))}."
