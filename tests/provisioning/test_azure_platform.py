"""The Azure backend against the local control plane with real hosts: the SDKs, the wire and the processes are real."""

import importlib.util
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from provisioning import (
    AppHealth,
    AppSpec,
    DeploymentState,
    DeploymentStatus,
    NotOursError,
    Pending,
    PermanentError,
    Ready,
    TemporaryError,
    VersionAppRef,
    ownership_tags,
)


def ensured(place, spec: AppSpec) -> VersionAppRef:
    """Drive ensure_app as the router's saga does."""
    result = place.platform.ensure_app(spec)
    for _ in range(50):
        if isinstance(result, Ready):
            return result.app
        result = place.platform.ensure_app(spec, result.continuation)
    raise AssertionError(f"still pending: {result}")


def test_an_app_is_made_published_and_served(place):
    print(ensured(place, place.spec()))
