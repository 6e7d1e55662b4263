"""Compresses JSON that would be too large for the state of an entity, which Azure keeps in table properties."""

import base64
import json
import lzma
from typing import Any

from version_registry.errors import MalformedError
from version_registry.sagas import Json

PLAIN_BYTES = 16 * 1024
"""Up to here a document stays as it is, for people to read."""

# Without headers: the schema version says what it is. Digests do not compress, repeated names and times do.
_FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 6}]


def is_large(document: Json) -> bool:
    """Tell whether a document is to be packed."""
    return len(_write(document)) > PLAIN_BYTES


def pack(document: Json) -> str:
    """Compress a document to text that needs no escaping in JSON."""
    packed = lzma.compress(_write(document), format=lzma.FORMAT_RAW, filters=_FILTERS)
    return base64.b85encode(packed).decode()


def unpack(text: str) -> Any:
    """Read what `pack` wrote."""
    try:
        packed = base64.b85decode(text)
        return json.loads(lzma.decompress(packed, format=lzma.FORMAT_RAW, filters=_FILTERS))
    except (ValueError, lzma.LZMAError) as error:
        raise MalformedError(f"a packed table cannot be read: {error}") from error


def _write(document: Json) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
