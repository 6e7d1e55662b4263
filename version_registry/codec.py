"""JSON of the routing table and its parts. Absent fields take their defaults, unknown ones are ignored."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType, NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from version_registry.errors import MalformedError, UnknownSchemaError
from version_registry.model import RoutingTable
from version_registry.sagas import Json

SCHEMA_VERSION = 1

T = TypeVar("T")


def encode_table(table: RoutingTable) -> Json:
    """Write a table as persisted JSON."""
    return {"schema_version": SCHEMA_VERSION, **encode(table)}


def decode_table(document: Json) -> RoutingTable:
    """Read a table from persisted JSON."""
    found = document.get("schema_version")
    if found != SCHEMA_VERSION:
        raise UnknownSchemaError(f"schema {found!r} of a routing table is unknown; this router reads {SCHEMA_VERSION}")
    return decode(RoutingTable, document)


def encode(value: Any) -> Any:
    """Write a dataclass of the model, or one of its values, as JSON."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: encode(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: encode(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    return _encode_scalar(value)


def _encode_scalar(value: Any) -> Any:
    if isinstance(value, datetime):
        return encode_time(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value.value if isinstance(value, StrEnum) else value


def decode(kind: type[T], document: Any) -> T:
    """Read a dataclass of the model from JSON."""
    try:
        found: T = _decode(kind, document)
    except (TypeError, ValueError, AttributeError) as error:
        raise MalformedError(f"not a {kind.__name__}: {error}") from error
    return found


def encode_time(moment: datetime) -> str:
    """Write a time as ISO 8601 in UTC with a `Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def decode_time(text: str) -> datetime:
    """Read a time with its offset."""
    return datetime.fromisoformat(text).astimezone(UTC)


def _decode(kind: Any, document: Any) -> Any:
    if is_dataclass(kind) and isinstance(kind, type):
        return _decode_dataclass(kind, document)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is UnionType:
        wanted = next(argument for argument in arguments if argument is not NoneType)
        return None if document is None else _decode(wanted, document)
    if origin is tuple:
        return tuple(_decode(arguments[0], item) for item in document)
    if origin is Mapping:
        return MappingProxyType({key: _decode(arguments[1], item) for key, item in document.items()})
    return _decode_scalar(kind, document)


def _decode_scalar(kind: Any, document: Any) -> Any:
    if kind is datetime:
        return decode_time(document)
    if kind is timedelta:
        return timedelta(seconds=document)
    if issubclass(kind, StrEnum):
        return kind(document)
    if not isinstance(document, kind):
        raise TypeError(f"{kind.__name__} expected, not {document!r:.60}")
    return document


def _decode_dataclass(kind: type, document: Json) -> Any:
    known = {name: _decode(hint, document[name]) for name, hint in _hints(kind).items() if name in document}
    return kind(**known)


@lru_cache(maxsize=64)
def _hints(kind: type) -> Mapping[str, Any]:
    return get_type_hints(kind)
