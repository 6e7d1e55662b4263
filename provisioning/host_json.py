"""host.json as the Functions host reads it: JSON that may hold comments."""


def without_comments(text: str) -> str:
    """Blank `//` and `/* */` comments outside strings; positions stay, so that errors point at the right place."""
    result: list[str] = []
    position = 0
    while position < len(text):
        end = _token_end(text, position)
        token = text[position:end]
        is_comment = token.startswith(("//", "/*"))
        result.append("".join(c if c == "\n" else " " for c in token) if is_comment else token)
        position = end
    return "".join(result)


def _token_end(text: str, start: int) -> int:
    """Return where the string, comment or single character at `start` ends."""
    if text[start] == '"':
        return _string_end(text, start)
    if text.startswith("//", start):
        end = text.find("\n", start)
        return len(text) if end < 0 else end
    if text.startswith("/*", start):
        end = text.find("*/", start + 2)
        return len(text) if end < 0 else end + 2
    return start + 1


def _string_end(text: str, start: int) -> int:
    position = start + 1
    while position < len(text) and text[position] != '"':
        position += 2 if text[position] == "\\" else 1
    return min(position + 1, len(text))
