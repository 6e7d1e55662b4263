"""Packages, and a control plane with real Functions hosts as a real process."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TypeVar

import pytest
from azure.core.credentials import AccessToken

from provisioning import AppSpec, AzurePlatform, AzureSettings, app_name, ownership_tags, plan_name

T = TypeVar("T")

CHECKOUT = Path(__file__).resolve().parents[2]

HOST_JSON = '{"version": "2.0", "extensions": {"http": {"routePrefix": "api"}}}'

DURABLE_APP = """
import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)

@app.orchestration_trigger(context_name="context")
def wait_for_go(context):
    yield context.wait_for_external_event("go")
    result = yield context.call_activity("greet", "world")
    return result

@app.activity_trigger(input_name="name")
def greet(name: str) -> str:
    return f"hello {name}"

@app.entity_trigger(context_name="context")
def Counter(context):
    context.set_state((context.get_state(lambda: 0)) + 1)
    context.set_result(1)

@app.route(route="hello", auth_level=func.AuthLevel.FUNCTION)
def hello(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("hello")
"""


def until(condition: Callable[[], T], seconds: float = 60, explain: Callable[[], object] = lambda: "") -> T:
    """Wait until the condition gives something true, and return it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if result := condition():
            return result
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s\n{explain()}")


def an_app(source: str = DURABLE_APP, **more: str) -> dict[str, str]:
    return {"host.json": HOST_JSON, "function_app.py": source, **more}


@pytest.fixture
def make_zip(tmp_path: Path) -> Callable[[Mapping[str, str | bytes]], Path]:
    """Return a function that writes a zip of names and contents."""

    def write(files: Mapping[str, str | bytes], name: str = "package.zip") -> Path:
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for file, content in files.items():
                archive.writestr(file, content)
        return tmp_path / name

    return write


@pytest.fixture
def make_app(make_zip) -> Callable[..., Path]:
    """Return a function that writes the zip of an app, by default one with all kinds of durable functions."""
    return lambda source=DURABLE_APP, name="package.zip", **more: make_zip(an_app(source, **more), name)


@dataclass
class LocalAzure:
    """A running `python -m local_azure serve`."""

    state: Path
    process: subprocess.Popen[bytes]

    @property
    def bootstrap(self) -> dict[str, str]:
        return json.loads((self.state / "bootstrap.json").read_text())

    def log(self) -> str:
        return (self.state / "serve.log").read_text()


@pytest.fixture(scope="session")
def local_azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAzure]:
    state = tmp_path_factory.mktemp("azure")
    command = [sys.executable, "-m", "local_azure", "serve", "--port", "0", "--state", str(state)]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    with (state / "serve.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    azure = LocalAzure(state, process)
    try:
        until((state / "bootstrap.json").exists, 30, azure.log)
        yield azure
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="session")
def identity(local_azure: LocalAzure) -> Iterator[None]:
    """Give this process the identity of the operator of the control plane, the way App Service would."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IDENTITY_ENDPOINT", local_azure.bootstrap["identityEndpoint"])
        patch.setenv("IDENTITY_HEADER", local_azure.bootstrap["identityHeader"])
        yield


@dataclass
class Place:
    """A platform and a resource group of one test."""

    platform: AzurePlatform
    settings: AzureSettings
    directory: Path

    def spec(self, application: str = "orders", line: str = "1.0", generation: int = 1, **changes: object) -> AppSpec:
        name = app_name(self.settings.router_id, application, line, generation, salt=self.settings.resource_group)
        fields: dict[str, object] = {
            "name": name,
            "plan_name": plan_name(name),
            "resource_group": self.settings.resource_group,
            "location": "westeurope",
            "settings": {"GREETING": "hello"},
            "tags": ownership_tags(self.settings.router_id, application, line, generation),
            "deployment_storage": f"file://{self.directory}/deployments",
        }
        return AppSpec(**{**fields, **changes})  # type: ignore[arg-type]

    def another_router(self) -> "Place":
        settings = AzureSettings(
            self.settings.subscription_id, self.settings.resource_group, "another", self.settings.arm_endpoint
        )
        return Place(AzurePlatform(settings), settings, self.directory)


@pytest.fixture
def place(local_azure: LocalAzure, identity: None, tmp_path: Path, request: pytest.FixtureRequest) -> Place:
    bootstrap = local_azure.bootstrap
    group = "rg-" + str(abs(hash(request.node.nodeid)))
    settings = AzureSettings(bootstrap["subscriptionId"], group, "router-under-test", bootstrap["baseUrl"])
    return Place(AzurePlatform(settings), settings, tmp_path)


@dataclass(frozen=True)
class Reply:
    """One scripted answer."""

    status: int
    body: object = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class ScriptedServer:
    """A real HTTP server that answers what a test tells it to, and remembers what it was asked."""

    port: int
    replies: list[tuple[str, str, list[Reply]]] = field(default_factory=list)
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def on(self, method: str, pattern: str, *replies: Reply) -> None:
        """Answer requests whose path and query match; the last reply is repeated."""
        self.replies.insert(0, (method, pattern, list(replies)))

    def reply_to(self, method: str, path: str) -> Reply:
        for wanted, pattern, replies in self.replies:
            if wanted == method and re.search(pattern, path, re.IGNORECASE):
                return replies.pop(0) if len(replies) > 1 else replies[0]
        return Reply(500, f"the test has no answer to {method} {path}")

    def paths(self, method: str) -> list[str]:
        return [path for asked, path, _, _ in self.asked if asked == method]


@pytest.fixture
def scripted() -> Iterator[ScriptedServer]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            script.asked.append((self.command, self.path, dict(self.headers), body))
            reply = script.reply_to(self.command, self.path)
            content = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
            kind = "text/html" if isinstance(reply.body, str) else "application/json"
            self.send_response(reply.status)
            for name, value in {"Content-Type": kind, **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content.encode())))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content.encode())

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_PATCH = answer  # noqa: N815

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        script = ScriptedServer(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield script
        server.shutdown()
        thread.join()


class StaticCredential:
    """A credential with one token for everything."""

    def get_token(self, *scopes: str, **_: object) -> AccessToken:
        return AccessToken("a-token-for-" + scopes[0], int(time.time()) + 3600)


@pytest.fixture
def scripted_platform(scripted: ScriptedServer) -> AzurePlatform:
    """Return a platform whose Resource Manager is the scripted server."""
    settings = AzureSettings("sub", "rg", "router-under-test", scripted.url)
    return AzurePlatform(settings, StaticCredential())


@pytest.fixture
def reply() -> type[Reply]:
    return Reply


@pytest.fixture
def wait_until() -> Callable[..., object]:
    return until


AZURITE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


def azurite_command() -> list[str] | None:
    """Find Azurite: AZURITE names its azurite.js or executable, else it is on the path."""
    given = os.environ.get("AZURITE") or shutil.which("azurite")
    if not given:
        return None
    return ["node", given] if given.endswith(".js") else [given]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="session")
def azurite() -> Iterator[str]:
    command = azurite_command()
    if command is None:
        pytest.skip("Azurite is not installed: put it on the path, or name its azurite.js in AZURITE")
    ports = [free_port() for _ in range(3)]
    names = ("--blobPort", "--queuePort", "--tablePort")
    options = [word for pair in zip(names, map(str, ports), strict=True) for word in pair]
    fixed = [
        "--inMemoryPersistence",
        "--silent",
        "--skipApiVersionCheck",
        "--disableTelemetry",
    ]
    process = subprocess.Popen([*command, *fixed, *options])
    try:
        ready = threading.Event()
        while not ready.wait(0.1):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", ports[0])) == 0:
                    ready.set()
        yield f"http://127.0.0.1:{ports[0]}/devstoreaccount1"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="session")
def azurite_key() -> str:
    """Return the key that every Azurite has."""
    return AZURITE_KEY
