"""Which keys an object store takes: the same for every store, so that data can move between them."""

import re

_SEGMENT = re.compile(r"[A-Za-z0-9_~@:=+,%-][A-Za-z0-9._~@:=+,%-]{0,199}")
"""No leading dot: that rules out `.` and `..`, and leaves dot names to the stores themselves."""

_MAX_KEY_LENGTH = 900
"""Azure's limit for a blob name is 1,024 characters."""


def check_key(key: str) -> str:
    """Return the key if it is valid; ValueError otherwise."""
    if len(key) > _MAX_KEY_LENGTH or not all(_SEGMENT.fullmatch(segment) for segment in key.split("/")):
        message = f"not a valid object key: {key[:80]!r}"
        raise ValueError(message)
    return key
