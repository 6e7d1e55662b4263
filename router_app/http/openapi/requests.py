"""Parameters and bodies of operations, as OpenAPI describes them."""

from collections.abc import Iterator
from typing import Any

from router_app.http.openapi.routes import parameters_of
from router_app.http.openapi.schemas import Schemas, parameter_schemas
from router_app.http.operations import JSON, Body, Operation

Json = dict[str, Any]


def describe_parameters(operation: Operation, path: str) -> list[Json]:
    """Describe what stands in the path, after the `?`, and in headers."""
    return [
        *_in_path(operation, path),
        *_named_by(operation.query, "query"),
        *_named_by(operation.headers, "header"),
    ]


def describe_body(bodies: tuple[Body, ...], schemas: Schemas) -> Json:
    """Describe the body; of several, one is sent."""
    return {
        "description": " Or: ".join(body.description for body in bodies),
        "required": all(body.required for body in bodies),
        "content": {body.media: _content(body, schemas) for body in bodies},
    }


def _content(body: Body, schemas: Schemas) -> Json:
    if body.model:
        return {"schema": schemas.references[body.model]}
    # Without schema: any JSON, or bytes.
    return {"schema": {}} if body.media == JSON else {}


def _in_path(operation: Operation, path: str) -> Iterator[Json]:
    schemas, _ = parameter_schemas(operation.path)
    for name in parameters_of(path):
        yield {"name": name, "in": "path", "required": True, **_apart(schemas[name])}


def _named_by(model_name: str, place: str) -> Iterator[Json]:
    if not model_name:
        return
    schemas, required = parameter_schemas(model_name)
    for name, schema in schemas.items():
        yield {"name": name, "in": place, "required": name in required, **_apart(schema)}


def _apart(schema: Json) -> Json:
    """Tell a parameter's description from its schema."""
    own = {name: value for name, value in schema.items() if name not in ("title", "description")}
    return {"description": schema.get("description", ""), "schema": own}
