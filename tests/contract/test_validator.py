"""The validator itself: Azure's own traffic passes, and every kind of mistake is named."""

import json
from pathlib import Path

import pytest
from exchanges import Exchange
from operations import Contract
from schema_check import ANSWER, REQUEST, Documents, Place, Strictness, problems

SCHEMA = {
    "type": "object",
    "required": ["location"],
    "properties": {
        "location": {"type": "string"},
        "id": {"type": "string", "readOnly": True},
        "kind": {"type": "string", "enum": ["App", "FunctionApp"]},
        "count": {"type": "integer", "minimum": 1, "maximum": 9},
        "ratio": {"type": "number"},
        "enabled": {"type": "boolean"},
        "made": {"type": "string", "format": "date-time"},
        "name": {"type": "string", "pattern": "^[a-z]+$"},
        "tags": {"type": "object", "additionalProperties": {"type": "string"}},
        "parts": {"type": "array", "items": {"$ref": "other.json#/definitions/Part"}},
        "whole": {"allOf": [{"$ref": "other.json#/definitions/Part"}], "properties": {"size": {"type": "integer"}}},
    },
}
OTHER = {"definitions": {"Part": {"type": "object", "properties": {"label": {"type": "string"}}}}}
RIGHT = {
    "location": "westeurope",
    "kind": "FunctionApp",
    "count": 3,
    "ratio": 1,
    "enabled": True,
    "made": "2026-04-10T16:27:08.9098538Z",
    "name": "orders",
    "tags": {"a": "b"},
    "parts": [{"label": "x"}],
    "whole": {"label": "x", "size": 1},
}
DOCUMENTS = Documents({"folder/this.json": SCHEMA, "folder/other.json": OTHER}.__getitem__)

# what is put in place -> what is said of it
MISTAKES = {
    "wrong type": ({"count": "3"}, "$.count is str, not integer"),
    "a boolean is no number": ({"count": True}, "$.count is bool, not integer"),
    "out of bounds": ({"count": 10}, "$.count is 10, out of its bounds"),
    "no time": ({"made": "today"}, "$.made is 'today', not a date and time"),
    "pattern": ({"name": "A1"}, "$.name is 'A1', which does not match ^[a-z]+$"),
    "no such word": ({"kind": "Site"}, "$.kind is 'Site', not one of ['App', 'FunctionApp']"),
    "in a map": ({"tags": {"a": 1}}, "$.tags.a is int, not string"),
    "in a list, across files": ({"parts": [{"label": 1}]}, "$.parts[0].label is int, not string"),
    "in what is inherited": ({"whole": {"label": 1}}, "$.whole.label is int, not string"),
}
# What Azure itself does, and a client must not.
AZURE_MAY = {
    "unknown": ({"colour": "red"}, "$.colour is not in the contract"),
    "unknown below": ({"whole": {"colour": "red"}}, "$.whole.colour is not in the contract"),
    "read-only": ({"id": "x"}, "$.id is read-only"),
    "null": ({"kind": None}, "$.kind is null"),
    "letter case": ({"kind": "functionapp"}, "$.kind is 'functionapp', not one of ['App', 'FunctionApp']"),
    "not set": ({"kind": ""}, "$.kind is '', not one of ['App', 'FunctionApp']"),
    "spelling": ({"Count": 3}, "$.Count is spelled count"),
}


def said(value: dict, strictness: Strictness) -> list[str]:
    return problems(DOCUMENTS, Place(SCHEMA, "folder/this.json"), value, strictness)


def test_what_is_right_is_right_in_both_directions():
    assert said(RIGHT, REQUEST) == []
    assert said(RIGHT, ANSWER) == []


@pytest.mark.parametrize(("change", "problem"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_in_a_request_and_in_an_answer(change, problem):
    assert said(RIGHT | change, REQUEST) == [problem]
    assert said(RIGHT | change, ANSWER) == [problem]


@pytest.mark.parametrize(("change", "problem"), AZURE_MAY.values(), ids=AZURE_MAY)
def test_what_azure_may_answer_and_a_client_may_not_send_is_named_in_a_request(change, problem):
    assert said(RIGHT | change, REQUEST) == [problem]
    assert said(RIGHT | change, ANSWER) == []


def test_a_member_that_must_be_there_is_missed():
    assert said({}, REQUEST) == said({}, ANSWER) == ["$.location is missing"]


def recorded(shared_azure: Path) -> list[tuple[str, Exchange]]:
    found = []
    for file in sorted((shared_azure / "recordings").glob("az*.json")):
        for one in json.loads(file.read_text())["interactions"]:
            exchange = Exchange(one["method"], one["url"], None, one["status"], {}, one.get("response_body") or None)
            # The transcript has its largest answer only in part.
            if "management.azure.com" in one["url"] and "response_body_subset" not in one:
                found.append((file.name, exchange))
    return found


def test_what_azure_answered_passes_all_contracts(shared_azure, contracts):
    checked = [
        (file, contract.name, str(exchange), contract.problems_with_answer(operation, exchange))
        for file, exchange in recorded(shared_azure)
        for contract in contracts.all
        if (operation := contract.find(exchange.method, exchange.path))
    ]
    assert len(checked) > 250
    assert [line for line in checked if line[-1]] == []


def test_the_examples_that_microsoft_gives_are_found_by_their_paths(contracts):
    def found(contract: Contract, method: str, path: str) -> str | None:
        operation = contract.find(method, path)
        return operation and operation.name

    group = "/subscriptions/s/resourceGroups/g"
    site = f"{group}/providers/Microsoft.Web/sites/n"
    openapi, web, resources = contracts.all
    assert found(openapi, "PUT", site) == found(web, "PUT", site) == "WebApps_CreateOrUpdate"
    assert found(openapi, "PUT", f"{site}/slots/x") == found(web, "PUT", f"{site}/slots/x")
    assert found(web, "PUT", group) is None
    assert found(resources, "PUT", group.lower()) == "ResourceGroups_CreateOrUpdate"
    tags = f"{site}/providers/Microsoft.Resources/tags/default"
    assert found(openapi, "PATCH", tags) == found(resources, "PATCH", tags) == "Tags_UpdateAtScope"
    assert found(openapi, "GET", f"{site}/hostruntime/admin/host/status") is None


def test_a_status_that_the_contract_does_not_have_is_named(contracts):
    operation = contracts.web.find("PUT", "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/n")
    made = Exchange("PUT", "https://x/y?api-version=1", {"location": "x"}, 201, {}, {"location": "x"})
    assert contracts.web.problems_with_answer(operation, made) == ["status 201 is not one of [200, 202]"]
    asked = Exchange("PUT", "https://x/y?force=1", None, 200, {}, {"location": "x"})
    assert contracts.web.problems_with_request(operation, asked) == [
        "query force is not in the contract",
        "query api-version is missing",
        "the body is missing",
    ]
