"""Microsoft's OpenAPI 2.0 documents as a contract."""

import json
from collections.abc import Iterator
from pathlib import Path

from operations import Contract, Operation
from schema_check import Documents, Json, Place

WEB = "web/resource-manager/Microsoft.Web/stable/2023-12-01"
DOCUMENTS = (
    f"{WEB}/WebApps.json",
    f"{WEB}/AppServicePlans.json",
    f"{WEB}/ResourceProvider.json",
    "resources/resource-manager/Microsoft.Resources/stable/2024-03-01/resources.json",
)


def openapi_contract(specification: Path) -> Contract:
    """Read the contract from the folder that holds the resource providers."""
    documents = Documents(lambda name: json.loads((specification / name).read_text()))
    return Contract("OpenAPI", documents, [one for name in DOCUMENTS for one in _operations(documents, name)])


def _operations(documents: Documents, name: str) -> Iterator[Operation]:
    for path, methods in documents.get(name)["paths"].items():
        for method, operation in methods.items():
            if method != "parameters":
                yield _operation(documents, name, path, method, operation)


def _operation(documents: Documents, name: str, path: str, method: str, operation: Json) -> Operation:
    parameters = [documents.follow(Place(one, name)) for one in operation.get("parameters", ())]
    bodies = [Place(one.schema["schema"], one.document) for one in parameters if one.schema["in"] == "body"]
    answers = {
        status: Place(answer["schema"], name) for status, answer in operation["responses"].items() if "schema" in answer
    }
    return Operation(
        name=str(operation["operationId"]),
        method=method.upper(),
        path=path,
        statuses=frozenset(int(status) for status in operation["responses"] if status != "default"),
        request=bodies[0] if bodies else None,
        answers={int(status): place for status, place in answers.items() if status != "default"},
        failure=answers.get("default"),
        query=frozenset(str(one.schema["name"]) for one in parameters if one.schema["in"] == "query"),
        long_running=bool(operation.get("x-ms-long-running-operation")),
    )
