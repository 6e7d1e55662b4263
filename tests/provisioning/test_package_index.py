"""The static index of functions against many shapes of packages, and against what the SDK itself registers."""

import json
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest

from provisioning import AppFunction, TriggerKind, index_package
from provisioning.functions import function_of

FUNC = "import azure.functions as func\n"
BOTH = FUNC + "import azure.durable_functions as df\n"

O, A, E, H, X = (  # noqa: E741
    TriggerKind.ORCHESTRATOR,
    TriggerKind.ACTIVITY,
    TriggerKind.ENTITY,
    TriggerKind.HTTP,
    TriggerKind.OTHER,
)

BLUEPRINT = """
import azure.durable_functions as df

bp = df.Blueprint()

@bp.orchestration_trigger(context_name="context")
def run(context):
    return 1

@bp.activity_trigger(input_name="x")
def work(x: str) -> str:
    return x
"""

ROUTE = """
@{0}.route(route="{1}")
def {1}(req: func.HttpRequest) -> str:
    return "x"
"""

WORK = "@app.activity_trigger(input_name='x')\ndef work(x: str) -> str:\n    return x\n"

SHAPES = {
    "all kinds on one app": (
        {
            "function_app.py": BOTH
            + """
app = df.DFApp()

@app.orchestration_trigger(context_name="context")
def place(context):
    return 1

@app.function_name("renamed")
@app.activity_trigger(input_name="x")
def work(x: str) -> str:
    return x

@app.entity_trigger(context_name="context")
def Tally(context):
    pass

@app.schedule(schedule="0 * * * * *", arg_name="timer")
def tick(timer: func.TimerRequest) -> None:
    pass

@app.queue_trigger(arg_name="msg", queue_name="q", connection="C")
@app.queue_output(arg_name="out", queue_name="r", connection="C")
def take(msg: func.QueueMessage, out: func.Out[str]) -> None:
    pass

@app.route(route="start")
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client) -> func.HttpResponse:
    return func.HttpResponse("x")

def helper():
    pass
"""
        },
        [("place", O), ("renamed", A), ("tally", E), ("tick", X), ("take", X), ("start", H)],
    ),
    "durable names of their own": (
        {
            "function_app.py": BOTH
            + """
app = df.DFApp()

@app.orchestration_trigger(context_name="context", orchestration="Place")
def f1(context):
    return 1

@app.activity_trigger("x", "Work")
def f2(x: str) -> str:
    return x

@app.entity_trigger(context_name="context", entity_name="TALLY")
def f3(context):
    pass
"""
        },
        [("Place", O), ("Work", A), ("tally", E)],
    ),
    "a blueprint in a module": (
        {
            "function_app.py": BOTH + "from orders import bp\napp = df.DFApp()\napp.register_functions(bp)\n",
            "orders.py": BLUEPRINT,
        },
        [("run", O), ("work", A)],
    ),
    "a blueprint in a package, by attribute": (
        {
            "function_app.py": BOTH + "import shop.orders\napp = df.DFApp()\napp.register_functions(shop.orders.bp)\n",
            "shop/__init__.py": "",
            "shop/orders.py": BLUEPRINT,
        },
        [("run", O), ("work", A)],
    ),
    "a blueprint re-exported by its package": (
        {
            "function_app.py": BOTH + "from shop import orders_bp as b\napp = df.DFApp()\napp.register_blueprint(b)\n",
            "shop/__init__.py": "from .orders import bp as orders_bp\n",
            "shop/orders.py": BLUEPRINT,
        },
        None,
    ),
    "a module of a package": (
        {
            "function_app.py": BOTH + "from shop import orders\napp = df.DFApp()\napp.register_functions(orders.bp)\n",
            "shop/orders.py": BLUEPRINT,
        },
        [("run", O), ("work", A)],
    ),
    "blueprints through a star": (
        {
            "function_app.py": BOTH + "from orders import *\napp = df.DFApp()\napp.register_functions(bp)\n",
            "orders.py": BLUEPRINT,
        },
        [("run", O), ("work", A)],
    ),
    "two blueprints, one not registered": (
        {
            "function_app.py": BOTH
            + "import orders\napp = func.FunctionApp()\nother = func.Blueprint()\napp.register_functions(orders.bp)\n"
            + ROUTE.format("other", "unused"),
            "orders.py": BLUEPRINT,
        },
        [("run", O), ("work", A)],
    ),
    "an app in another module": (
        {
            "function_app.py": "from main import app\nimport handlers\n",
            "main.py": FUNC + "app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)\n",
            "handlers.py": FUNC + "from main import app\n" + ROUTE.format("app", "hello"),
        },
        [("hello", H)],
    ),
    "a second name for the app": (
        {"function_app.py": FUNC + "app = func.FunctionApp()\n" + ROUTE.format("app", "hello") + "also = app\n"},
        None,
    ),
    "classes imported by name, and annotated": (
        {
            "function_app.py": FUNC
            + "from azure.functions import FunctionApp as F\napp: F = F()\n"
            + ROUTE.format("app", "hello")
        },
        [("hello", H)],
    ),
    "the SDK by its full name": (
        {
            "function_app.py": "import azure.functions\nfunc = azure.functions\napp = azure.functions.FunctionApp()\n"
            + ROUTE.format("app", "hello")
        },
        [("hello", H)],
    ),
    "relative imports inside a package": (
        {
            "function_app.py": BOTH + "from shop.sub.wire import bp\napp = df.DFApp()\napp.register_functions(bp)\n",
            "shop/__init__.py": "",
            "shop/base.py": "import azure.durable_functions as df\nbp = df.Blueprint()\n",
            "shop/sub/__init__.py": "",
            "shop/sub/wire.py": "from ..base import bp\n" + WORK.replace("app", "bp"),
        },
        [("work", A)],
    ),
    "an app around WSGI": (
        {"function_app.py": FUNC + "def wsgi(environ, start):\n    return []\napp = func.WsgiFunctionApp(app=wsgi)\n"},
        [("http_app_func", H)],
    ),
    "code that is not imported, and vendored code": (
        {
            "function_app.py": FUNC + "app = func.FunctionApp()\n" + ROUTE.format("app", "hello"),
            "unused.py": BLUEPRINT,
            ".python_packages/lib/site-packages/x.py": "this is not python",
            "tests/test_x.py": "nor ( this",
        },
        [("hello", H)],
    ),
    "a source of another encoding": (
        {
            "function_app.py": (
                "# coding: latin-1\n# é\n" + FUNC + "app = func.FunctionApp()\n" + ROUTE.format("app", "hello")
            ).encode("latin-1")
        },
        [("hello", H)],
    ),
    "import cycles": (
        {
            "function_app.py": FUNC + "import a\napp = func.FunctionApp()\n" + ROUTE.format("app", "hello"),
            "a.py": "x = 1\nimport b\nfrom b import x\n",
            "b.py": "from a import x as y\nx = y\n",
        },
        [("hello", H)],
    ),
}


def shaped(functions):
    return tuple(sorted(AppFunction(name, kind) for name, kind in functions))


@pytest.fixture
def index(make_zip):
    return lambda files: index_package(make_zip({"host.json": "{}", **files}))


FOLLOWED = {name: shape for name, shape in SHAPES.items() if shape[1] is not None}


@pytest.mark.parametrize(("files", "functions"), FOLLOWED.values(), ids=FOLLOWED)
def test_functions_are_found_and_the_list_is_complete(index, files, functions):
    found = index(files)

    assert (found.functions, found.complete, found.doubts) == (shaped(functions), True, ())


LOAD = """
import json, sys
import function_app
from azure.functions import FunctionRegister
app = next(value for value in vars(function_app).values() if isinstance(value, FunctionRegister))
print(json.dumps([[f.get_function_name(), [json.loads(b) for b in f.get_raw_bindings()]] for f in app.get_functions()]))
"""


def loaded(path: Path, folder: Path) -> tuple[AppFunction, ...]:
    """Return what the SDK registers when the package is really imported."""
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    answer = subprocess.run([sys.executable, "-c", LOAD], cwd=folder, capture_output=True, text=True, check=True)
    return tuple(sorted(function_of(name, bindings) for name, bindings in json.loads(answer.stdout)))


@pytest.mark.parametrize("files", [files for files, _ in FOLLOWED.values()], ids=FOLLOWED)
def test_the_index_agrees_with_the_sdk(index, make_zip, tmp_path, files):
    path = make_zip({"host.json": "{}", **files})

    assert index(files).functions == loaded(path, tmp_path / "app")


@pytest.mark.parametrize("version", ["1.0.0", "1.0.1", "1.1.0"])
def test_the_examples_are_indexed_completely(make_zip, tmp_path, version):
    folder = Path(__file__).parents[2] / "examples" / "orders" / version
    path = make_zip({str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()})

    found = index_package(path)

    assert found.complete
    assert found.functions == loaded(path, tmp_path / "app")


APP = BOTH + "app = df.DFApp()\n"

DOUBTFUL = {
    "a factory": (
        BOTH + "def create():\n    app = df.DFApp()\n    return app\napp = create()\n",
        "must hold one function app object",
    ),
    "no app": (FUNC, "must hold one function app object"),
    "two apps": (APP + WORK + "other = func.FunctionApp()\n", "found: app, other"),
    "in a branch": (
        APP + "import os\nif os.environ.get('X'):\n" + textwrap.indent(WORK, "    "),
        "inside a branch",
    ),
    "in a loop": (
        APP + "for n in 'ab':\n    @app.function_name(n)\n" + textwrap.indent(WORK, "    "),
        "name is not a literal",
    ),
    "a name that is computed": (
        APP + "N = 'a'\n@app.activity_trigger(input_name='x', activity=N)\ndef work(x: str): return x\n",
        "activity is not a literal",
    ),
    "arguments that are unpacked": (
        APP + "ARGS = {}\n@app.activity_trigger(**ARGS)\ndef work(x: str): return x\n",
        "may be among the ** arguments",
    ),
    "the app is handed to somebody": (APP + WORK + "import lib\nlib.add_to(app)\n", "app is used in a way"),
    "a decorator applied by hand": (APP + WORK + "app.activity_trigger(input_name='x')(len)\n", "app is used in a way"),
    "a decorator of their own": (
        APP + "import lib\n@lib.with_app(app)\ndef work(x: str): return x\n",
        "app is used in a way",
    ),
    "an unknown decorator of the app": (
        APP + "@app.agent\ndef f(x): return x\n",
        "agent of f is not known",
    ),
    "a blueprint that is made by a call": (
        APP + "import lib\napp.register_functions(lib.make())\n",
        "cannot be followed",
    ),
    "blueprints in a loop": (
        APP + "a = df.Blueprint()\nfor b in [a]:\n    app.register_functions(b)\n",
        "cannot be followed",
    ),
    "an app that nobody knows": (
        "import lib\n@lib.app.route(route='x')\ndef hello(req): return ''\n",
        "must hold one function app",
    ),
    "an app that comes as a parameter": (
        APP + WORK + "def register(target):\n    @target.route(route='x')\n    def hello(req): return ''\n",
        "not clear which app target is",
    ),
    "imports by name": (
        APP + WORK + "import importlib\nimportlib.import_module('handlers')\n",
        "import_module may load",
    ),
    "a module that does not parse": (APP + WORK + "import broken\n", "broken.py cannot be parsed"),
    "an entry that does not parse": ("def (", "function_app.py cannot be parsed"),
}


@pytest.mark.parametrize(("source", "doubt"), DOUBTFUL.values(), ids=DOUBTFUL)
def test_what_cannot_be_followed_makes_the_list_incomplete(index, source, doubt):
    found = index({"function_app.py": source, "broken.py": "x ="})

    assert not found.complete
    assert any(doubt in one for one in found.doubts), found.doubts


def test_what_was_found_is_told_even_if_more_is_in_doubt(index):
    found = index({"function_app.py": APP + WORK + "import importlib\nimportlib.import_module('x')\n"})

    assert found.functions == shaped([("work", A)])


def test_doubts_say_where(index):
    found = index({"function_app.py": APP + WORK + "print(app)\n"})

    assert found.doubts == ("function_app.py:7: app is used in a way that cannot be followed",)


def test_a_package_without_its_entry_has_no_index(index):
    found = index({"main.py": APP})

    assert (found.functions, found.complete) == ((), False)
