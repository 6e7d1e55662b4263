"""The `func` command line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local_azure.functions_host.cli import parse_start
from local_azure.functions_host.start_options import StartOptions

HERE = Path.cwd()


def options(**more):
    return StartOptions(**{"script_root": HERE, "state_dir": HERE / ".local_azure", **more})


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("start", options()),
        ("host start", options()),
        ("start --port 8080", options(port=8080)),
        ("start -p 8080 --verbose", options(port=8080, verbose=True)),
        ("start --host 0.0.0.0", options(host="0.0.0.0")),
        ("start --script-root /a", options(script_root=Path("/a"), state_dir=Path("/a/.local_azure"))),
        ("start --script-root /a --state-dir /b", options(script_root=Path("/a"), state_dir=Path("/b"))),
        ("start --fd 5 --exit-with-fd 6", options(listening_fd=5, exit_with_fd=6)),
    ],
)
def test_the_line_says_what_to_start(line, expected):
    assert parse_start(line.split(), None) == (expected, [])


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ('{"Host": {"LocalHttpPort": 7080}} // or', 7080),
        ('{"Host": {"LocalHttpPort": "7081"}}', 7081),
        ('{"Host": {"CORS": "*"}}', 7071),
        ('{"Host": 5}', 7071),
        ("[]", 7071),
        ("no JSON", 7071),
    ],
)
def test_the_port_may_come_from_the_local_settings(tmp_path, text, port):
    (tmp_path / "local.settings.json").write_text(text)
    line = ["start", "--script-root", str(tmp_path)]
    assert parse_start(line, None)[0].port == port
    assert parse_start([*line, "--port", "0"], None)[0].port == 0


def test_the_state_folder_may_come_from_the_environment():
    assert parse_start(["start"], "/from/env")[0].state_dir == Path("/from/env")
    assert parse_start(["start", "--state-dir", "/given"], "/from/env")[0].state_dir == Path("/given")


def test_flags_of_core_tools_without_a_meaning_here_are_named_and_passed_over():
    assert parse_start(["start", "--python", "--cors", "*", "--port", "1"], None) == (
        options(port=1),
        ["--python", "--cors", "*"],
    )


def func(*arguments, **settings):
    return subprocess.run(
        [sys.executable, "-m", "local_azure.functions_host", *arguments],
        check=False, capture_output=True, text=True, timeout=20, env={**os.environ, **settings},
    )  # fmt: skip


def test_a_folder_that_does_not_exist_is_an_error_in_words(tmp_path):
    run = func("start", "--script-root", str(tmp_path / "none"))
    assert run.returncode == 1
    assert run.stderr.strip() == f"func: the app folder {tmp_path / 'none'} does not exist"


def test_no_command_is_an_error_with_the_usage():
    assert func().returncode == 2


def test_the_genuine_tool_is_the_next_func_on_the_path(tmp_path):
    genuine = tmp_path / "func"
    genuine.write_text('#!/bin/sh\necho "genuine $*"\n')
    genuine.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    run = func("start", "--port", "1", FUNC_GENUINE="1", PATH=path)
    assert run.stdout == "genuine start --port 1\n"
    assert run.stderr == f"func: handing over to {genuine}, because FUNC_GENUINE is set\n"


def test_a_genuine_tool_that_is_missing_is_said_with_where_to_get_it(tmp_path):
    run = func("start", FUNC_GENUINE="1", PATH=str(tmp_path))
    assert run.returncode == 1
    assert "azure-functions-core-tools" in run.stderr
