"""The bundles of the 2025 API versions as a contract: their models are read as OpenAPI schemas."""

import json
from collections.abc import Iterator
from pathlib import Path

from operations import Contract, Operation
from schema_check import Documents, Json, Place

_SCALARS = {
    "String": {"type": "string"},
    "Location": {"type": "string"},
    "Boolean": {"type": "boolean"},
    "Integer": {"type": "integer"},
    "Float": {"type": "number"},
    "DateTime": {"type": "string", "format": "date-time"},
    "SystemData": {"type": "object"},
    "RawObject": {},
    "RawFile": {},
    "EdgeZone": {"type": "object"},
    "Zones": {"type": "array", "items": {"type": "string"}},
    "UserAssignedIdentityMap": {"type": "object"},
    "Tags": {"type": "object", "additionalProperties": {"type": "string"}},
    "SystemAndUserAssignedIdentityMap": {
        "type": "object",
        "required": ["type"],
        "properties": {
            "type": {"type": "string"},
            "principalId": {"type": "string", "readOnly": True},
            "tenantId": {"type": "string", "readOnly": True},
            "userAssignedIdentities": {"type": "object", "additionalProperties": {"type": "object"}},
        },
    },
}


def pandora_contract(bundle: Path) -> Contract:
    """Read the contract from one bundle."""
    content = json.loads(bundle.read_text())
    documents = Documents(lambda name: _schema(content, name))
    return Contract(bundle.stem, documents, _operations(content))


def _operations(content: Json) -> Iterator[Operation]:
    for name, definition in content.items():
        folder, _, file = name.partition("/")
        if file.startswith("Operation-"):
            yield _operation(content, folder, definition)


def _operation(content: Json, folder: str, definition: Json) -> Operation:
    resource = definition.get("resourceIdName")
    base = content[f"{folder}/ResourceId-{resource}.json"]["id"] if resource else ""
    statuses = frozenset(definition["expectedStatusCodes"])
    answer = definition.get("responseObject")
    if answer and definition.get("fieldContainingPaginationDetails"):
        answer = {"type": "Page", "nestedItem": answer}
    answers = {status: Place(_shape(answer), f"{folder}/") for status in statuses if answer and status < 300}
    body = definition.get("requestObject")
    return Operation(
        name=f"{folder}_{definition['name']}",
        method=definition["httpMethod"],
        path=base + definition.get("uriSuffix", ""),
        statuses=statuses,
        request=Place(_shape(body), f"{folder}/") if body else None,
        answers=answers,
        failure=None,
        query=frozenset(
            {"api-version", *(o["queryString"] for o in definition.get("options", ()) if "queryString" in o)}
        ),
        long_running=definition["longRunning"],
    )


def _shape(definition: Json) -> Json:
    """Write a bundle's type as a schema; references are relative to the folder."""
    kind = definition["type"]
    if kind in _SCALARS:
        return _SCALARS[kind]
    if kind == "Reference":
        return {"$ref": f"{definition['referenceName']}#"}
    nested = _shape(definition["nestedItem"])
    if kind == "List":
        return {"type": "array", "items": nested}
    if kind == "Dictionary":
        return {"type": "object", "additionalProperties": nested}
    assert kind == "Page", kind
    return {"type": "object", "required": ["value"], "properties": {"value": {"type": "array", "items": nested}}}


def _schema(content: Json, name: str) -> Json:
    """Write a model or constant, named `Folder/Name`, as a schema."""
    folder, _, short = name.rpartition("/")
    if constant := content.get(f"{folder}/Constant-{short}.json"):
        return {"type": "string", "enum": [one["value"] for one in constant["values"]]}
    fields = content[f"{folder}/Model-{short}.json"]["fields"]
    return {
        "type": "object",
        "required": [field["jsonName"] for field in fields if field["required"]],
        "properties": {field["jsonName"]: {**_shape(field["objectDefinition"]), **_marks(field)} for field in fields},
    }


def _marks(field: Json) -> Json:
    return {"readOnly": True} if field["readOnly"] else {}
