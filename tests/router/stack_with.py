"""A stack of one's own, whose router has further settings."""

import io
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
from router_driver import RouterDriver

from devstack import router_site
from devstack import stack as devstack_stack
from devstack.control_plane import free_port
from devstack.pace import BRISK
from devstack.router_site import CHECKOUT, ROUTER_GROUP, SITE
from devstack.stack import Stack
from router_cli.packaging import pack_folder

Changes = dict[str, tuple[str, str]]
"""By file of the router: a text in it, and what stands there instead."""


def changed_router(changes: Changes) -> bytes:
    """Pack the router of this checkout with some of its code changed."""
    changed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(pack_folder(CHECKOUT))) as package,
        zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as result,
    ):
        for name in package.namelist():
            content = package.read(name)
            if name in changes:
                old, new = changes[name]
                assert old.encode() in content, f"{name} does not hold {old!r}"
                content = content.replace(old.encode(), new.encode())
            result.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content)
    return changed.getvalue()


@contextmanager
def stack_with(folder: Path, changes: Changes | None = None, **settings: str) -> Iterator[Stack]:
    """Start a stack, if wanted with changed code of the router."""
    usual = devstack_stack.router_settings
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(devstack_stack, "router_settings", lambda *args: {**usual(*args), **settings})
        patch.setattr(router_site, "pack_folder", lambda _: changed_router(changes or {}))
        with Stack(folder, port=free_port(), pace=BRISK, tell=lambda _: None) as stack:
            yield stack


def driver_of(stack: Stack, application: str) -> RouterDriver:
    """Open a driver for an application."""
    keys = {"client": stack.keys.client, "release": stack.keys.release, "admin": stack.keys.admin}
    return RouterDriver(stack.url, keys, application)


def keep_house(stack: Stack) -> None:
    """Have the router's housekeeping timer fire now; the answer does not wait for it."""
    key = stack.arm.master_key(ROUTER_GROUP, SITE)
    answer = httpx.post(
        f"{stack.url}/admin/functions/keep_house", headers={"x-functions-key": key}, json={"input": ""}, timeout=10
    )
    assert answer.status_code == 202, answer.text


def orchestrations(stack: Stack) -> list[str]:
    """List the ids of all orchestrations that the router's own task hub knows."""
    hub = next(stack.state_dir.glob("azure/sites/durable-router/**/durable.db"))
    with closing(sqlite3.connect(f"file:{hub}?mode=ro", uri=True)) as store:
        return [row[0] for row in store.execute("SELECT id FROM instances WHERE id NOT LIKE '@%' ORDER BY id")]
