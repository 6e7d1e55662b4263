"""Microsoft's own samples, unmodified, where a copy of them is at hand.

They are not ours to copy, so this file needs to be told where they are: `MICROSOFT_SAMPLES` names the folder
`samples-v2` of a checkout of Azure/azure-functions-durable-python; those of the v1 model are beside it. Without it
there is nothing to collect here; test_patterns.py covers the same ground with an app of our own. Those that write
blobs write them to Azurite, where `AZURITE` names that.
"""

import base64
import os
import secrets
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

GREETINGS = ["Hello Tokyo!", "Hello Seattle!", "Hello London!"]


def found_samples() -> list[Path]:
    """Return the folders of all samples, of both programming models."""
    root = os.environ.get("MICROSOFT_SAMPLES")
    if not root:
        return []
    return sorted(
        file.parent for folder in ("samples", "samples-v2") for file in Path(root, "..", folder).glob("*/host.json")
    )


def storage_of(port: int, key: str) -> str:
    """Return the connection string of an account in Azurite."""
    endpoint = f"http://127.0.0.1:{port}/samples"
    return f"DefaultEndpointsProtocol=http;AccountName=samples;AccountKey={key};BlobEndpoint={endpoint};"


@pytest.fixture(scope="module")
def storage(eventually, tmp_path_factory) -> Iterator[str]:
    """An empty storage account; without Azurite a text that is none."""
    azurite = os.environ.get("AZURITE")
    if not azurite:
        yield ""
        return
    key = base64.b64encode(secrets.token_bytes(64)).decode()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = ["--blobPort", str(port), "--queuePort", "0", "--tablePort", "0"]
    process = subprocess.Popen(
        ["node", azurite, *words, "--inMemoryPersistence", "--silent", "--skipApiVersionCheck", "--disableTelemetry"],
        env={**os.environ, "AZURITE_ACCOUNTS": f"samples:{key}"},
        cwd=tmp_path_factory.mktemp("azurite"),
    )
    try:
        eventually(lambda: not socket.socket().connect_ex(("127.0.0.1", port)))
        yield storage_of(port, key)
    finally:
        process.terminate()
        process.wait(10)


def chaining(host, wait) -> None:
    assert wait(host.http.post("/api/orchestrators/my_orchestrator")) == ("Completed", GREETINGS)


def blueprint(host, wait) -> None:
    key = {"code": host.secrets["functionKeys"]["default"]}
    assert host.http.get("/api/HttpTrigger").status_code == 401
    assert host.http.get("/api/HttpTrigger", params={**key, "name": "Ada"}).text.startswith("Hello, Ada.")
    assert host.http.post("/api/HttpTrigger", params=key, json={"name": "Bob"}).text.startswith("Hello, Bob.")
    assert wait(host.http.post("/api/startOrchestrator", params=key)) == ("Completed", GREETINGS)


def fan_out(host, wait) -> None:
    """It copies the files of folders named as it is; without a storage account it fails at the first one."""
    folder = host.folder / "E2_copied"
    for number in range(5):
        inner = folder / f"{number}-{secrets.token_hex(8)}"  # becomes the blob's name
        inner.mkdir(parents=True)
        (inner / "function.json").write_text("x" * number)
    runtime_status, output = wait(host.http.post("/api/orchestrators/E2_BackupSiteContent", json=""))
    assert runtime_status == "Failed"
    assert output.endswith("A directory path is required as input")
    runtime_status, output = wait(host.http.post("/api/orchestrators/E2_BackupSiteContent", json=str(folder)))
    expected = ("Completed", 0 + 1 + 2 + 3 + 4) if os.environ.get("AZURITE") else ("Failed", output)
    assert (runtime_status, output) == expected


def chaining_in_folders(host, wait) -> None:
    assert wait(host.http.post("/api/orchestrators/E1_HelloSequence")) == ("Completed", GREETINGS)


def custom_status(host, wait) -> None:
    assert wait(host.http.post("/api/orchestrators/DurableOrchestration")) == ("Completed", 3)
    query = {"code": host.secrets["masterKey"], "runtimeStatus": "Completed"}
    (status,) = host.http.get("/runtime/webhooks/durabletask/instances", params=query).json()
    assert status["customStatus"] == "1 -> 2 -> 3"


def counter(host, wait) -> None:
    key = {"code": host.secrets["functionKeys"]["default"]}
    assert host.http.get("/api/entity/Counter/myCounter", params=key).status_code == 404
    assert wait(host.http.post("/api/orchestrators/DurableOrchestration")) == ("Completed", 3)
    assert wait(host.http.post("/api/orchestrators/DurableOrchestration")) == ("Completed", 6)
    assert host.http.get("/api/entity/Counter/myCounter").status_code == 401
    shown = host.http.get("/api/entity/Counter/myCounter", params=key).json()
    assert shown == {"entity": "Counter", "key": "myCounter", "state": 6}


def own_classes(host, wait) -> None:
    assert wait(host.http.post("/api/orchestrators/DurableOrchestration")) == ("Completed", 5)


def child(host, wait) -> None:
    assert wait(host.http.post("/api/orchestrators/DurableOrchestrator")) == ("Completed", "Hello Seattle!")


CHECKS: dict[str, Callable[[Any, Any], None]] = {
    "samples-v2/function_chaining": chaining,
    "samples-v2/blueprint": blueprint,
    "samples-v2/fan_in_fan_out": fan_out,
    "samples/function_chaining": chaining_in_folders,
    "samples/function_chaining_custom_status": custom_status,
    "samples/counter_entity": counter,
    "samples/serialize_arguments": own_classes,
    "samples/simple_sub_orchestration": child,
    "samples/fan_in_fan_out": fan_out,
}
NEED_CLOUD = {
    "samples/human_interaction": "sends messages by Twilio",
    "samples/monitor": "asks GitHub, and sends messages by Twilio",
    "samples/aml_monitoring": "runs a pipeline of Azure Machine Learning",
}

if found_samples():  # not a skip: where there are no samples, nothing is left out

    @pytest.mark.parametrize("sample", found_samples(), ids=lambda folder: f"{folder.parent.name}/{folder.name}")
    def test_a_sample_of_microsoft_runs_as_it_is(hosts, eventually, tmp_path, storage, sample):
        name = f"{sample.parent.name}/{sample.name}"
        if name in NEED_CLOUD:
            pytest.skip(NEED_CLOUD[name])
        unmodified = shutil.copytree(sample, tmp_path / "app", ignore=shutil.ignore_patterns(".local_azure"))
        host = hosts.start(unmodified, AzureWebJobsStorage=storage)
        assert host.state == "Running", host.log
        assert "NOT RUNNING" not in host.log

        def wait(answer: httpx.Response) -> tuple[str, Any]:
            assert answer.status_code == 202, answer.text
            url = answer.json()["statusQueryGetUri"]
            status = eventually(lambda: (s := httpx.get(url).json())["runtimeStatus"] in ("Completed", "Failed") and s)
            return status["runtimeStatus"], status["output"]

        assert name in CHECKS, f"what does {name} do? Add a check of its output."
        CHECKS[name](host, wait)
