"""Holds JSON against the schemas of OpenAPI 2.0, as far as Azure's documents use them. Follows `$ref` across files."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Json = Any
Schema = Mapping[str, Any]

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "file": (object,),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A schema with the document that its relative references start from."""

    schema: Schema
    document: str


class Documents:
    """Parsed documents by name; a reference is `name#/json/pointer`, its name relative to the referring document."""

    def __init__(self, load: Any) -> None:
        """Load with `load(name)`, once for each document."""
        self._load = load
        self._loaded: dict[str, Json] = {}

    def get(self, name: str) -> Json:
        if name not in self._loaded:
            self._loaded[name] = self._load(name)
        return self._loaded[name]

    def follow(self, place: Place) -> Place:
        """Return the place itself, or what it refers to in the end."""
        while "$ref" in place.schema:
            name, _, pointer = str(place.schema["$ref"]).partition("#")
            document = _joined(place.document, name) if name else place.document
            target = self.get(document)
            for part in filter(None, pointer.split("/")):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            place = Place(target, document)
        return place


def _joined(base: str, name: str) -> str:
    parts = base.split("/")[:-1]
    for part in name.split("/"):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


@dataclass(frozen=True, slots=True)
class Strictness:
    """What is wrong with a document beyond its types."""

    unknown_members: bool
    """Azure answers much that its contract does not name; what we ask for, it has to know."""
    read_only_members: bool
    nulls: bool
    letter_case: bool
    """Azure answers some enumerated words in lower case."""


REQUEST = Strictness(unknown_members=True, read_only_members=True, nulls=True, letter_case=True)
ANSWER = Strictness(unknown_members=False, read_only_members=False, nulls=False, letter_case=False)


def problems(documents: Documents, place: Place, value: Json, strictness: Strictness) -> list[str]:
    """Name everything in which the value is not of the schema; none when it is."""
    return list(_check(documents, place, value, strictness, "$"))


def _check(documents: Documents, place: Place, value: Json, strict: Strictness, at: str) -> Iterator[str]:
    place = documents.follow(place)
    schema = place.schema
    if value is None:
        if strict.nulls and not schema.get("x-nullable"):
            yield f"{at} is null"
        return
    kind = schema.get("type") or ("object" if "properties" in schema or "allOf" in schema else None)
    if kind is not None and not _is_of(kind, value):
        yield f"{at} is {type(value).__name__}, not {kind}"
        return
    if kind == "object":
        yield from _check_object(documents, place, value, strict, at)
    elif kind == "array" and "items" in schema:
        for number, item in enumerate(value):
            yield from _check(documents, Place(schema["items"], place.document), item, strict, f"{at}[{number}]")
    else:
        yield from _check_scalar(schema, value, strict, at)


def _is_of(kind: str, value: Json) -> bool:
    if isinstance(value, bool) and kind != "boolean":
        return False
    return isinstance(value, _TYPES[kind])


def _check_object(documents: Documents, place: Place, value: Json, strict: Strictness, at: str) -> Iterator[str]:
    members, required, others = members_of(documents, place)
    # Names compare as Azure reads them, without case.
    known = {name.lower(): (name, member) for name, member in members.items()}
    given = {name.lower() for name, content in value.items() if content is not None}
    for name in required:
        if name.lower() not in given and not (strict is REQUEST and members[name].schema.get("readOnly")):
            yield f"{at}.{name} is missing"
    for name, content in value.items():
        if name.lower() in known:
            expected, member = known[name.lower()]
            if strict.letter_case and expected != name:
                yield f"{at}.{name} is spelled {expected}"
            if strict.read_only_members and documents.follow(member).schema.get(
                "readOnly", member.schema.get("readOnly")
            ):
                yield f"{at}.{name} is read-only"
            yield from _check(documents, member, content, strict, f"{at}.{name}")
        elif others is not None:
            yield from _check(documents, others, content, strict, f"{at}.{name}")
        elif strict.unknown_members and members:
            yield f"{at}.{name} is not in the contract"


def members_of(documents: Documents, place: Place) -> tuple[dict[str, Place], list[str], Place | None]:
    """Gather an object's members, the required ones, and the schema of members with other names."""
    place = documents.follow(place)
    schema = place.schema
    members: dict[str, Place] = {}
    required: list[str] = []
    others: Place | None = None
    for part in schema.get("allOf", ()):
        more, more_required, more_others = members_of(documents, Place(part, place.document))
        members |= more
        required += more_required
        others = others or more_others
    members |= {name: Place(member, place.document) for name, member in schema.get("properties", {}).items()}
    additional = schema.get("additionalProperties")
    if isinstance(additional, dict):
        others = Place(additional, place.document)
    return members, [*required, *schema.get("required", ())], others


def _check_scalar(schema: Schema, value: Json, strict: Strictness, at: str) -> Iterator[str]:
    # Azure answers "" where an enumerated word is not set.
    if (words := schema.get("enum")) and (value or strict.letter_case):
        known = words if strict.letter_case else [str(word).lower() for word in words]
        if (value if strict.letter_case else str(value).lower()) not in known:
            yield f"{at} is {value!r}, not one of {words}"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{at} is {value!r}, which does not match {schema['pattern']}"
    if schema.get("format") == "date-time" and not _is_time(value):
        yield f"{at} is {value!r}, not a date and time"
    if _is_of("number", value) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{at} is {value}, out of its bounds"


def _is_time(value: str) -> bool:
    try:
        datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", value))
    except ValueError:
        return False
    return True
