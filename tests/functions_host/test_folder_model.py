"""Apps of the v1 programming model: a folder with a function.json for each function."""

import json

import pytest

HTTP = {"name": "req", "type": "httpTrigger", "authLevel": "anonymous", "methods": ["post"], "route": "go/{name}"}
ANSWER = {"name": "$return", "type": "http", "direction": "out"}
STARTER = {"name": "starter", "type": "orchestrationClient", "direction": "in"}
PLAIN = "def main(req):\n    return 'fine'\n"


@pytest.fixture
def write_folder(tmp_path):
    """Write one function's folder."""

    def write(name, source, *bindings, script="__init__.py", **document):
        folder = tmp_path / "app" / name
        folder.mkdir(parents=True)
        (folder / script).write_text(source)
        bound = {"scriptFile": script, "bindings": [{"direction": "in", **b} for b in bindings], **document}
        (folder / "function.json").write_text(json.dumps(bound))
        (tmp_path / "app" / "host.json").write_text('{"version": "2.0"}')
        return tmp_path / "app"

    return write


@pytest.fixture
def own_loader(loader):
    if loader:
        pytest.skip("Microsoft's worker library has the v2 model only")


@pytest.mark.usefixtures("own_loader")
def test_functions_of_folders_share_code_and_run(hosts, write_folder, eventually):
    write_folder(
        "Start",
        "import azure.functions as func, azure.durable_functions as df\n"
        "async def begin(req: func.HttpRequest, starter: str) -> func.HttpResponse:\n"
        "    client = df.DurableOrchestrationClient(starter)\n"
        "    started = await client.start_new(req.route_params['name'], None, 4)\n"
        "    return client.create_check_status_response(req, started)\n",
        HTTP, ANSWER, STARTER, script="start.py", entryPoint="begin",
    )  # fmt: skip
    write_folder(
        "Twice",
        "import azure.durable_functions as df\n"
        "def run(context):\n    value = yield context.call_activity('Add', context.get_input())\n    return value\n"
        "main = df.Orchestrator.create(run)\n",
        {"name": "context", "type": "orchestrationTrigger"},
    )  # fmt: skip
    write_folder(
        "Add",
        "from ..shared.sums import double\ndef main(n: int) -> int:\n    return double(n)\n",
        {"name": "n", "type": "activityTrigger"},
    )
    app = write_folder("Off", "raise RuntimeError('never imported')", HTTP, disabled=True)
    (app / "shared").mkdir()
    (app / "shared" / "sums.py").write_text("def double(n):\n    return n + n\n")
    host = hosts.start(app)
    listed = host.http.get("/admin/functions", headers=host.master).json()
    assert {function["name"] for function in listed} == {"Start", "Twice", "Add"}
    url = host.http.post("/api/go/twice").json()["statusQueryGetUri"]
    assert eventually(lambda: host.http.get(url).json()["output"]) == 8


@pytest.mark.usefixtures("own_loader")
@pytest.mark.parametrize(
    ("source", "bindings", "document", "says"),
    [
        pytest.param("x = 1", [HTTP], {}, "Broken/__init__.py has no function main", id="no function"),
        pytest.param(PLAIN, [], {}, "must have exactly one trigger, not 0", id="no trigger"),
        pytest.param(PLAIN, [HTTP, HTTP], {}, "must have exactly one trigger, not 2", id="two triggers"),
        pytest.param(PLAIN, [HTTP], {"bindings": 5}, "Broken/function.json is not usable", id="no bindings"),
        pytest.param(PLAIN, [HTTP], {"scriptFile": "../x.py"}, "must be a Python file beside it", id="outside"),
        pytest.param("import nowhere", [HTTP], {}, "No module named 'nowhere'", id="a failing import"),
        pytest.param("def main(other): ...", [HTTP], {}, "bound but not a parameter", id="another parameter"),
    ],
)
def test_a_folder_that_cannot_be_loaded_is_a_state_that_says_why(hosts, write_folder, source, bindings, document, says):
    host = hosts.start(write_folder("Broken", source, *bindings, **document))
    assert host.state == "Error"
    assert says in host.http.get("/admin/host/status", headers=host.master).json()["errors"][0]


@pytest.mark.usefixtures("own_loader")
def test_an_app_with_a_function_app_file_is_not_taken_by_its_folders(hosts, write_folder):
    app = write_folder("Old", PLAIN, HTTP)
    (app / "function_app.py").write_text("import azure.functions as func\napp = func.FunctionApp()\n")
    assert "The app has no functions." in hosts.start(app).log
