"""The look-up of advisories: a package that was not looked up is never called clean."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
SCRIPT = CHECKOUT / ".ci/audit.py"


@pytest.fixture(scope="module")
def audit():
    spec = importlib.util.spec_from_file_location("ci_audit", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["ci_audit"] = module
    spec.loader.exec_module(module)
    return module


def a_package(name="a", *advisories):
    return {"name": name, "version": "1.0", "vulns": [{"id": one, "fix_versions": ["1.1"]} for one in advisories]}


SKIPPED = {"name": "b", "skip_reason": "Dependency not found and could not be audited: b (1.0)"}


@pytest.mark.parametrize(
    ("packages", "status", "says"),
    [
        pytest.param([a_package()], 0, "nothing is known", id="all looked up, nothing found"),
        pytest.param([a_package("a", "CVE-1")], 1, "a 1.0: CVE-1, fixed in 1.1", id="a finding"),
        pytest.param([a_package("a", "CVE-1"), SKIPPED], 1, "CVE-1", id="a finding beside one that was skipped"),
        pytest.param([a_package(), SKIPPED], 3, "NOT AUDITED: 1 of 2", id="one skipped"),
        pytest.param([SKIPPED], 3, "NOT AUDITED", id="all skipped"),
        pytest.param([], 3, "NOT AUDITED", id="an empty report"),
    ],
)
def test_a_report_is_judged(audit, packages, status, says):
    verdict = audit.judge({"dependencies": packages})
    assert verdict.status == status
    assert says in "\n".join(verdict.lines)


def test_a_finding_can_be_answered_with_a_reason(audit, monkeypatch):
    monkeypatch.setattr(audit, "ANSWERED", {"CVE-1": "the function is not called here"})
    assert audit.judge({"dependencies": [a_package("a", "CVE-1")]}).status == 0


def test_without_the_advisory_service_nothing_is_called_clean(tmp_path):
    nowhere = dict.fromkeys(("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"), "http://127.0.0.1:9")
    environment = {**os.environ, **nowhere, "PIP_CACHE_DIR": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    environment = {name: value for name, value in environment.items() if name.lower() != "no_proxy"}
    run = subprocess.run([sys.executable, SCRIPT], capture_output=True, text=True, env=environment, check=False)
    assert run.returncode == 3, run.stdout + run.stderr
    assert "NOT AUDITED" in run.stdout


def test_the_build_server_runs_it_and_fails_on_a_finding_only():
    script = (CHECKOUT / ".ci/run").read_text()
    assert ".ci/audit.py" in script
