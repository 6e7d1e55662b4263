"""What an app's host says went wrong, cut down to what helps people and cleared of what they must not read; pure."""

import re
from collections.abc import Iterable

LAST_LINES = 4
"""Of a traceback: where it happened, and what."""
LONGEST_LINE = 300

_SECRETS = re.compile(
    r"(?i)\b(AccountKey|SharedAccessKey|SharedAccessSignature|sig|code|password|pwd|secret|token|api[_-]?key)"
    r"(\s*[=:]\s*)[^\s;&,'\"]+"
)
_CREDENTIALS_IN_URL = re.compile(r"(?<=://)[^/\s@]+@")
_HOST_IN_URL = re.compile(r"(?<=://)[^/\s'\"<>)]+")
_HOST_NAME = re.compile(
    r"\b[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)*\.(?:net|com|org|io|local|internal)\b(?::\d+)?", re.IGNORECASE
)
_FOLDER = re.compile(r"(?<=[\"'\s(])/(?:[^/\s\"']+/)*(?=(?:wwwroot|site-packages)/)")
_SHORTEST_HIDDEN = 6
"""Values of app settings below this length are words such as `1` or `true`, not secrets."""


def summarise_error(text: str, hidden: Iterable[str] = ()) -> str:
    """Keep the first line and the last lines of an error; without secrets, hosts, and the values in `hidden`."""
    lines = [line.rstrip()[:LONGEST_LINE] for line in hide_private(text, hidden).splitlines() if line.strip()]
    if len(lines) <= LAST_LINES + 1:
        return "\n".join(lines)
    return "\n".join((lines[0], *lines[-LAST_LINES:]))


def hide_private(text: str, hidden: Iterable[str] = ()) -> str:
    """Return the text without what looks like a secret or a host, and without the given values."""
    for value in sorted({value for value in hidden if len(value) >= _SHORTEST_HIDDEN}, key=len, reverse=True):
        text = text.replace(value, "<hidden>")
    text = _CREDENTIALS_IN_URL.sub("", text)
    text = _SECRETS.sub(r"\1\2<hidden>", text)
    text = _HOST_NAME.sub("<host>", _HOST_IN_URL.sub("<host>", text))
    return _FOLDER.sub("", text)
