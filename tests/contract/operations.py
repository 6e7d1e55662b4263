"""The operations of a contract: which requests it knows, and what it says of their answers."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from exchanges import Exchange
from schema_check import ANSWER, REQUEST, Documents, Place, problems


@dataclass(frozen=True, slots=True)
class Operation:
    """A method and a path with what may be sent and answered."""

    name: str
    method: str
    path: str
    statuses: frozenset[int]
    request: Place | None
    answers: Mapping[int, Place]
    failure: Place | None
    query: frozenset[str]
    long_running: bool


class Contract:
    """The operations of one version of Azure's interface, found by request."""

    def __init__(self, name: str, documents: Documents, operations: Iterable[Operation]) -> None:
        """Keep the operations, those with the most literal paths first."""
        self.name = name
        self.documents = documents
        patterns = ((_pattern(one.path), one) for one in operations if not _is_for_anything(one.path))
        self._patterns = sorted(patterns, key=lambda pair: -_literals(pair[1].path))

    def find(self, method: str, path: str) -> Operation | None:
        """Return the operation of a request; paths compare without case."""
        return next((one for pattern, one in self._patterns if one.method == method and pattern.fullmatch(path)), None)

    def problems_with_request(self, operation: Operation, exchange: Exchange) -> list[str]:
        """Name what the contract does not allow in the request."""
        found = [f"query {name} is not in the contract" for name in exchange.query if name not in operation.query]
        if "api-version" not in exchange.query:
            found.append("query api-version is missing")
        if operation.request is None:
            return found + (["a body is sent where none is expected"] if exchange.request_body else [])
        if exchange.request_body is None:
            return [*found, "the body is missing"]
        return found + problems(self.documents, operation.request, exchange.request_body, REQUEST)

    def problems_with_answer(self, operation: Operation, exchange: Exchange) -> list[str]:
        """Name what the contract does not allow in the answer."""
        status = exchange.status
        if status >= 400 and status not in operation.statuses:
            wanted = operation.failure
        elif status not in operation.statuses:
            return [f"status {status} is not one of {sorted(operation.statuses)}"]
        else:
            wanted = operation.answers.get(status)
            if wanted is not None and exchange.body is None and status not in (202, 204):
                return ["the body is missing"]
        return problems(self.documents, wanted, exchange.body, ANSWER) if wanted else []


def _pattern(path: str) -> re.Pattern[str]:
    """Build the pattern of a path template: a scope or a parent path may be several segments."""
    text = "".join(
        f"(?:{'.+' if name in ('scope', 'parentResourcePath', 'resourceId') else '[^/]+'})"
        if name
        else re.escape(literal)
        for literal, name in re.findall(r"([^{}]+)|\{(\w+)\}", path)
    )
    return re.compile(text.rstrip("/") + "/?", re.IGNORECASE)


def _is_for_anything(path: str) -> bool:
    """Tell whether a path stands for resources of every kind, of which it says nothing."""
    return path in ("/{scope}", "/{resourceId}") or "{resourceProviderNamespace}" in path


def _literals(path: str) -> int:
    return sum("{" not in segment for segment in path.strip("/").split("/"))
