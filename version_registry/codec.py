"""JSON of the routing table and its parts. Absent fields take their defaults, unknown ones are ignored.

How a type is written and read follows from its annotations; it is worked out once per type and kept.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from types import MappingProxyType, NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from version_registry.errors import MalformedError, UnknownSchemaError
from version_registry.model import RoutingTable
from version_registry.packing import is_large, pack, unpack
from version_registry.sagas import Json

SCHEMA_VERSION = 1
PACKED_SCHEMA_VERSION = 2
"""A table that is large is persisted compressed; what is in it has the schema above."""

T = TypeVar("T")
Converter = Callable[[Any], Any]


def encode_table(table: RoutingTable) -> Json:
    """Write a table as persisted JSON; a large one compressed, or it would not fit an entity."""
    document = {"schema_version": SCHEMA_VERSION, **encode(table)}
    if not is_large(document):
        return document
    shown = {"application": table.application, "generation": table.generation}
    return {"schema_version": PACKED_SCHEMA_VERSION, **shown, "packed": pack(document)}


def decode_table(document: Json) -> RoutingTable:
    """Read a table from persisted JSON."""
    if document.get("schema_version") == PACKED_SCHEMA_VERSION:
        document = unpack(document.get("packed", ""))
    found = document.get("schema_version")
    if found != SCHEMA_VERSION:
        raise UnknownSchemaError(f"schema {found!r} of a routing table is unknown; this router reads {SCHEMA_VERSION}")
    return decode(RoutingTable, document)


def encode(value: Any) -> Any:
    """Write a dataclass of the model, or one of its values, as JSON."""
    kind: Any = type(value)
    return _encoder(kind)(value)


def decode(kind: type[T], document: Any) -> T:
    """Read a dataclass of the model from JSON."""
    wanted: Any = kind
    try:
        found: T = _decoder(wanted)(document)
    except (TypeError, ValueError, AttributeError) as error:
        raise MalformedError(f"not a {kind.__name__}: {error}") from error
    return found


def encode_time(moment: datetime) -> str:
    """Write a time as ISO 8601 in UTC with a `Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def decode_time(text: str) -> datetime:
    """Read a time with its offset."""
    return datetime.fromisoformat(text).astimezone(UTC)


@cache
def _encoder(kind: type) -> Converter:
    if is_dataclass(kind):
        names = tuple(field.name for field in fields(kind))
        return lambda value: {name: encode(getattr(value, name)) for name in names}
    for base, converter in _ENCODERS.items():
        if issubclass(kind, base):
            return converter
    return lambda value: value


_ENCODERS: Mapping[type, Converter] = {
    Mapping: lambda value: {key: encode(item) for key, item in value.items()},
    tuple: lambda value: [encode(item) for item in value],
    list: lambda value: [encode(item) for item in value],
    datetime: encode_time,
    timedelta: timedelta.total_seconds,
    StrEnum: lambda value: value.value,
}


@cache
def _decoder(kind: Any) -> Converter:
    if is_dataclass(kind) and isinstance(kind, type):
        return _dataclass_decoder(kind)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is UnionType:
        return _optional_decoder(next(argument for argument in arguments if argument is not NoneType))
    if origin is tuple:
        item_decoder = _decoder(arguments[0])
        return lambda document: tuple(item_decoder(item) for item in document)
    if origin is Mapping:
        value_decoder = _decoder(arguments[1])
        return lambda document: MappingProxyType({key: value_decoder(item) for key, item in document.items()})
    return _scalar_decoder(kind)


def _dataclass_decoder(kind: type) -> Converter:
    decoders = {name: _decoder(hint) for name, hint in get_type_hints(kind).items()}

    def decode_fields(document: Json) -> Any:
        return kind(**{name: decoders[name](value) for name, value in document.items() if name in decoders})

    return decode_fields


def _optional_decoder(kind: Any) -> Converter:
    decoder = _decoder(kind)
    return lambda document: None if document is None else decoder(document)


def _scalar_decoder(kind: Any) -> Converter:
    if kind is datetime:
        return decode_time
    if kind is timedelta:
        return lambda document: timedelta(seconds=document)
    if issubclass(kind, StrEnum):
        return kind  # type: ignore[no-any-return]
    return lambda document: _check_type(kind, document)


def _check_type(kind: type, document: Any) -> Any:
    if not isinstance(document, kind):
        raise TypeError(f"{kind.__name__} expected, not {document!r:.60}")
    return document
