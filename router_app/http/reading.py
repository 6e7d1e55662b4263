"""Reads what a request sent by its model; a fault is a problem that names the place.

Whoever calls this imports the model inside the function: a process that gets only starts never loads pydantic.
"""

import contextlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from router_app.http.call import Call
from router_app.problems import Problem

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

M = TypeVar("M", bound="BaseModel")


def read_query(call: Call, model: type[M]) -> M:
    """Read the query parameters."""
    return _read(call.query, model)


def read_headers(call: Call, model: type[M]) -> M:
    """Read the request's headers."""
    return _read({name.lower(): value for name, value in call.headers.items()}, model)


def read_body(call: Call, model: type[M]) -> M:
    """Read the body as a JSON object; an empty body is an empty object."""
    from pydantic import ValidationError

    _refuse_repeated_names(call.body)
    try:
        return model.model_validate_json(call.body.strip() or b"{}")
    except ValidationError as error:
        raise Problem("invalid-body", f"The body must be a JSON object. {_explain(error)}{_example(model)}") from error


def _refuse_repeated_names(body: bytes) -> None:
    """Raise Problem if an object has a name twice: of the two, another reader may believe the other."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        if len(set(names)) < len(names):
            raise Problem("invalid-body", "The body has an object in which a name stands twice. Send each once.")
        return dict(pairs)

    # What is no JSON at all is the model's to tell.
    with contextlib.suppress(ValueError, RecursionError):
        json.loads(body, object_pairs_hook=unique)


def _read(sent: Mapping[str, str], model: type[M]) -> M:
    from pydantic import ValidationError

    try:
        return model.model_validate(dict(sent))
    except ValidationError as error:
        raise Problem("invalid-parameter", _explain(error)) from error


def _explain(error: "ValidationError") -> str:
    # Without the values: they may be long, or secret.
    faults = error.errors(include_url=False, include_input=False, include_context=False)
    return " ".join(f"{_place(fault['loc'])}{fault['msg']}." for fault in faults[:5])


def _place(location: tuple[int | str, ...]) -> str:
    return f"{'.'.join(str(part)[:40] for part in location)}: " if location else ""


def _example(model: type["BaseModel"]) -> str:
    extra = model.model_config.get("json_schema_extra")
    examples: Any = extra.get("examples") if isinstance(extra, dict) else None
    return f" For example: {json.dumps(examples[0])}" if examples else ""
