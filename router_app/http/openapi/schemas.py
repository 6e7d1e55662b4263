"""Schemas of the models that the route table names."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic.json_schema import models_json_schema

from router_app.http.models.naming import find_model
from router_app.http.operations import Operation

Json = dict[str, Any]
PLACE = "#/components/schemas/{model}"
PROBLEM = "problem.Problem"


@dataclass(frozen=True, slots=True)
class Schemas:
    """All schemas of the document, and how each model is referred to."""

    components: Json
    references: dict[str, Json]
    refusals: dict[str, Json]
    """Answers that many operations share, by name; filled while these are described."""


def collect_schemas(operations: Iterable[Operation]) -> Schemas:
    """Collect the models of bodies and answers."""
    names = {PROBLEM}
    for operation in operations:
        names |= {body.model for body in operation.bodies if body.model}
        names |= {answer.model for answer in operation.answers.values() if answer.model}
    models = {name: find_model(name) for name in sorted(names)}
    found, document = models_json_schema([(model, "validation") for model in models.values()], ref_template=PLACE)
    references = {name: dict(found[model, "validation"]) for name, model in models.items()}
    return Schemas(document["$defs"], references, {})


@cache
def parameter_schemas(name: str) -> tuple[Json, frozenset[str]]:
    """Return the schemas of a model's parameters, each whole in itself, and which must be sent."""
    document = find_model(name).model_json_schema(by_alias=True)
    definitions = document.get("$defs", {})
    fields = {name: _whole(schema, definitions) for name, schema in document.get("properties", {}).items()}
    return fields, frozenset(document.get("required", ()))


def _whole(schema: Json, definitions: Json) -> Json:
    """Put what is referred to in its place, and leave out null: a parameter is there or it is not."""
    if reference := schema.get("$ref"):
        own = {name: value for name, value in schema.items() if name != "$ref"}
        return {**definitions[reference.rpartition("/")[2]], **own}
    if choices := schema.get("anyOf"):
        given = [choice for choice in choices if choice.get("type") != "null"]
        own = {name: value for name, value in schema.items() if name not in ("anyOf", "default")}
        return _whole({**given[0], **own}, definitions) if len(given) == 1 else schema
    return schema
