"""The app's settings: the environment, and `local.settings.json` for what the environment does not say."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from local_azure.functions_host.json_comments import strip_comments

FILE_NAME = "local.settings.json"
REFERENCE = re.compile(r"%([^%\s]+)%")


class SettingsError(Exception):
    """A settings file cannot be read; the message says which and why."""


def read_local_settings(app_folder: Path) -> dict[str, str]:
    """Return `Values` of local.settings.json; empty without the file."""
    path = app_folder / FILE_NAME
    if not path.is_file():
        return {}
    try:
        document = json.loads(strip_comments(path.read_text(encoding="utf-8-sig")))
        if document.get("IsEncrypted"):
            raise SettingsError(f"{FILE_NAME} is encrypted, for Core Tools on one machine: `func settings decrypt`")
        values = document.get("Values") or {}
        return {str(name): as_text(value) for name, value in values.items()}
    except (ValueError, AttributeError) as error:
        raise SettingsError(f"{FILE_NAME} is not usable: {error}") from error


def as_text(value: object) -> str:
    """Write a JSON value as an environment variable holds it."""
    return value if isinstance(value, str) else json.dumps(value)


def merge_settings(local: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """Merge both sources; the environment wins."""
    return {**local, **environment}


def resolve_references(text: str, settings: Mapping[str, str]) -> str:
    """Replace `%NAME%` by the setting of that name; an unknown name stays as it is."""
    return REFERENCE.sub(lambda match: settings.get(match[1], match[0]), text)
