"""JSON text in and out. Fast where it is exact, the standard library where orjson would lose something."""

import json
import re
from typing import Any

import orjson

_LONG_NUMBER = re.compile(r"[0-9]{19}")


def dumps(value: Any) -> str:
    """Return JSON text; lone surrogates and integers beyond 64 bits go the slow way."""
    try:
        return orjson.dumps(value).decode()
    except (TypeError, UnicodeEncodeError):
        return json.dumps(value)


def loads(text: str | bytes) -> Any:
    """Parse JSON that this engine wrote: ours holds user data only inside strings."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)


def loads_exactly(text: str) -> Any:
    """Parse JSON that user code wrote: orjson would turn integers beyond 64 bits into floats."""
    return json.loads(text) if _LONG_NUMBER.search(text) else loads(text)


def is_json(text: str | bytes) -> bool:
    """Tell whether the text is JSON, without keeping the value."""
    try:
        loads(text)
    except ValueError:
        return False
    return True


def utf16_size(text: str) -> int:
    """Return how many bytes of UTF-16 JSON text takes when nothing in it is escaped that need not be."""
    plain = json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))
    return len(plain.encode("utf-16-le", "surrogatepass"))


def fragment(text: str | None) -> Any:
    """Return stored JSON text as a value that `dumps` embeds as it stands."""
    return None if text is None else orjson.Fragment(text)
