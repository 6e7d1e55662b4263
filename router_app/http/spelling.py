"""Finds a text however it was escaped: for a URL, for JSON or for HTML, in whole or in part; pure."""

import re
from functools import lru_cache


@lru_cache(maxsize=1024)
def spellings(text: str) -> re.Pattern[str]:
    """Return the pattern of all ways to write the text. Hosts and keys do not differ by case alone."""
    return re.compile("".join(map(_spellings_of, text)), re.IGNORECASE)


def _spellings_of(character: str) -> str:
    if character.isascii() and character.isalnum():
        return character
    code = ord(character)
    ways = (rf"\\?{re.escape(character)}", f"%{code:02x}", rf"\\u{code:04x}", f"&#x{code:02x};", f"&#{code};")
    return f"(?:{'|'.join(ways)})"
