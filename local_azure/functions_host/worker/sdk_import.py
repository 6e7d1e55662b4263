"""Imports the durable SDK where it does not see a host.json that it could not read."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

SDK = "azure.durable_functions"


def import_sdk_past(host_json: Path) -> bool:
    """Import the SDK ahead of the app if host.json is not strict JSON; tell whether that was needed.

    The 1.x SDK parses the host.json of the current folder at import, only to warn of old extension bundles, and fails
    on the comments that the file may hold.
    """
    if not host_json.is_file() or is_strict_json(host_json) or importlib.util.find_spec(SDK) is None:
        return False
    with elsewhere():
        importlib.import_module(SDK)
    return True


def is_strict_json(file: Path) -> bool:
    """Tell whether `json.loads` reads the file."""
    try:
        json.loads(file.read_text())
    except ValueError:
        return False
    return True


@contextlib.contextmanager
def elsewhere() -> Iterator[None]:
    """Work in an empty folder for a while."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as empty:
        os.chdir(empty)
        try:
            yield
        finally:
            os.chdir(before)
