"""Removes comments from JSON, as host.json may hold them; pure."""

import re

# Strings come first, so that `//` inside of one is not taken for a comment.
TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
TRAILING_COMMA = re.compile(r'("(?:\\.|[^"\\])*")|,(?=\s*[}\]])', re.DOTALL)


def strip_comments(text: str) -> str:
    """Drop `//` and `/* */` comments and trailing commas; line numbers stay the same."""
    without = TOKEN.sub(lambda m: m[0] if m[0].startswith('"') else re.sub(r"[^\n]", " ", m[0]), text)
    return TRAILING_COMMA.sub(lambda m: m[1] or "", without)
