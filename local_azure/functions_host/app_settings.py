"""The app's settings: the environment, and `local.settings.json` for what the environment does not say."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local_azure.functions_host.json_comments import strip_comments

FILE_NAME = "local.settings.json"
DEFAULT_PORT = 7071
REFERENCE = re.compile(r"%([^%\s]+)%")


class SettingsError(Exception):
    """A settings file cannot be read; the message says which and why."""


def read_local_settings(app_folder: Path) -> dict[str, str]:
    """Return `Values` of local.settings.json; empty without the file."""
    try:
        document = read_document(app_folder)
        if document.get("IsEncrypted"):
            raise SettingsError(f"{FILE_NAME} is encrypted, for Core Tools on one machine: `func settings decrypt`")
        values = document.get("Values") or {}
        return {str(name): as_text(value) for name, value in values.items()}
    except (ValueError, AttributeError) as error:
        raise SettingsError(f"{FILE_NAME} is not usable: {error}") from error


def read_local_port(app_folder: Path) -> int:
    """Return `Host.LocalHttpPort` of local.settings.json, or Core Tools' default; a bad file shows when it is read."""
    try:
        return int(read_document(app_folder)["Host"]["LocalHttpPort"])
    except (OSError, ValueError, KeyError, TypeError):
        return DEFAULT_PORT


def read_document(app_folder: Path) -> Any:
    """Return what local.settings.json holds; an empty object without the file."""
    path = app_folder / FILE_NAME
    return json.loads(strip_comments(path.read_text(encoding="utf-8-sig"))) if path.is_file() else {}


def as_text(value: object) -> str:
    """Write a JSON value as an environment variable holds it."""
    return value if isinstance(value, str) else json.dumps(value)


def merge_settings(local: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """Merge both sources; the environment wins."""
    return {**local, **environment}


def resolve_references(text: str, settings: Mapping[str, str]) -> str:
    """Replace `%NAME%` by the setting of that name; an unknown name stays as it is."""
    return REFERENCE.sub(lambda match: settings.get(match[1], match[0]), text)
