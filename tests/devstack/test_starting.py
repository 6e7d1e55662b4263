"""The laptop stack's own pieces: keys, ports and the lock on its state."""

import json
import socket
from pathlib import Path

import pytest

from devstack.control_plane import LOOPBACK, free_port, refuse_taken_port
from devstack.errors import StackError
from devstack.keys import load_or_create_keys
from devstack.pace import BRISK, UNHURRIED
from devstack.stack import Stack
from router_app.settings import read_settings


def test_keys_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    keys = load_or_create_keys(file)
    assert load_or_create_keys(file) == keys
    assert file.stat().st_mode & 0o777 == 0o600
    assert len({keys.client, keys.release, keys.admin}) == 3
    assert json.loads(file.read_text()) == {"client": keys.client, "release": keys.release, "admin": keys.admin}


def test_keys_do_not_show_when_they_are_printed(tmp_path: Path) -> None:
    keys = load_or_create_keys(tmp_path / "keys.json")
    assert not any(key in repr(keys) for key in (keys.client, keys.release, keys.admin))


def test_a_taken_port_is_refused_with_a_way_out() -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(StackError, match=rf"port {port} is taken.*--port"):
            refuse_taken_port(port)


def test_a_free_port_is_not_refused() -> None:
    refuse_taken_port(free_port())


def test_a_second_start_on_the_same_state_is_refused_before_it_touches_anything(tmp_path: Path) -> None:
    import fcntl

    with (tmp_path / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stack = Stack(tmp_path, port=free_port(), pace=BRISK, tell=lambda _stage: None)
        with pytest.raises(StackError, match="another start already uses"), stack:
            pass
    assert not (tmp_path / "keys.json").exists()


@pytest.mark.parametrize("pace", [UNHURRIED, BRISK], ids=["run", "demo"])
def test_the_router_takes_every_pace_setting(pace) -> None:
    required = {
        "ROUTER_ID": "r",
        "ROUTER_SUBSCRIPTION_ID": "s",
        "ROUTER_RESOURCE_GROUP": "g",
        "ROUTER_LOCATION": "l",
        "ROUTER_STORE": "file:///x",
    }
    timings = read_settings({**required, **pace.settings()}).timings
    told = {name: getattr(timings, name).total_seconds() for name in type(pace).__dataclass_fields__}
    assert told == {name: getattr(pace, name) for name in told}
