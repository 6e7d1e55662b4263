"""Microsoft's own samples, unmodified, where a copy of them is at hand.

They are not ours to copy, so this file needs to be told where they are: `MICROSOFT_SAMPLES` names the folder
`samples-v2` of a checkout of Azure/azure-functions-durable-python. Without it there is nothing to collect here;
test_patterns.py covers the same ground with an app of our own.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

GREETINGS = ["Hello Tokyo!", "Hello Seattle!", "Hello London!"]


def found_samples() -> list[Path]:
    """Return the folders of all samples."""
    root = os.environ.get("MICROSOFT_SAMPLES")
    return sorted(file.parent for file in Path(root).glob("*/function_app.py")) if root else []


def chaining(host, wait) -> None:
    assert wait(host.http.post("/api/orchestrators/my_orchestrator")) == ("Completed", GREETINGS)


def blueprint(host, wait) -> None:
    key = {"code": host.secrets["functionKeys"]["default"]}
    assert host.http.get("/api/HttpTrigger").status_code == 401
    assert host.http.get("/api/HttpTrigger", params={**key, "name": "Ada"}).text.startswith("Hello, Ada.")
    assert host.http.post("/api/HttpTrigger", params=key, json={"name": "Bob"}).text.startswith("Hello, Bob.")
    assert wait(host.http.post("/api/startOrchestrator", params=key)) == ("Completed", GREETINGS)


def fan_out(host, wait) -> None:
    """All but the copies themselves, which need a storage account."""
    runtime_status, output = wait(host.http.post("/api/orchestrators/E2_BackupSiteContent", json=""))
    assert runtime_status == "Failed"
    assert output.endswith("A directory path is required as input")


CHECKS: dict[str, Callable[[Any, Any], None]] = {
    "function_chaining": chaining,
    "blueprint": blueprint,
    "fan_in_fan_out": fan_out,
}

if found_samples():  # not a skip: where there are no samples, nothing is left out

    @pytest.mark.parametrize("sample", found_samples(), ids=lambda folder: folder.name)
    def test_a_sample_of_microsoft_runs_as_it_is(hosts, eventually, tmp_path, sample):
        unmodified = shutil.copytree(sample, tmp_path / "app", ignore=shutil.ignore_patterns(".local_azure"))
        host = hosts.start(unmodified)
        assert host.state == "Running", host.log
        assert "NOT RUNNING" not in host.log

        def wait(answer: httpx.Response) -> tuple[str, Any]:
            assert answer.status_code == 202, answer.text
            url = answer.json()["statusQueryGetUri"]
            status = eventually(lambda: (s := httpx.get(url).json())["runtimeStatus"] in ("Completed", "Failed") and s)
            return status["runtimeStatus"], status["output"]

        assert sample.name in CHECKS, f"what does {sample.name} do? Add a check of its output."
        CHECKS[sample.name](host, wait)
