"""What is deployed of this repository: exactly what the router needs, whatever is added beside it.

`.funcignore` says what stays behind, not what goes: the tools that read it do not agree on patterns that bring
something back, and a package that lacks a folder is worse than one that has a folder too many. This is the other half.
"""

import subprocess
from pathlib import Path

import pytest
from pathspec import GitIgnoreSpec

from router_cli.packaging import ALWAYS_LEFT_OUT

CHECKOUT = Path(__file__).resolve().parents[2]
DEPLOYED = {"function_app.py", "host.json", "requirements.txt", "router_app", "version_registry", "provisioning"}


@pytest.fixture(scope="module")
def ignored() -> GitIgnoreSpec:
    lines = (CHECKOUT / ".funcignore").read_text().splitlines()
    return GitIgnoreSpec.from_lines([*lines, *ALWAYS_LEFT_OUT])


def test_exactly_what_the_router_needs_is_deployed(ignored: GitIgnoreSpec) -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    deployed = [name for name in listed.stdout.split("\0") if name and not ignored.match_file(name)]
    assert {name.split("/")[0] for name in deployed} == DEPLOYED
    assert {Path(name).suffix for name in deployed if "/" in name} == {".py"}


@pytest.mark.parametrize(
    "name",
    [
        "local.settings.json",
        ".env",
        ".env.local",
        "tls.pem",
        ".azure/prod/.env",
        "notes.md",
        "a.db",
        ".local/keys.json",
    ],
)
def test_what_a_laptop_has_beside_it_stays_behind(ignored: GitIgnoreSpec, name: str) -> None:
    assert ignored.match_file(name)
