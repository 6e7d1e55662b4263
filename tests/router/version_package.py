"""A small version app, zipped in memory: it echoes, waits, fails, and has HTTP triggers of its own."""

import io
import zipfile

HOST_JSON = '{"version": "2.0", "extensions": {"http": {"routePrefix": "api"}}}'

CODE = """
import json

import azure.durable_functions as df
import azure.functions as func

VERSION = "{version}"
app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)


@app.orchestration_trigger(context_name="context")
def echo(context):
    given = context.get_input()
    stamp = yield context.call_activity("stamp", None)
    return {{"version": stamp, "input": given, "type": type(given).__name__}}


@app.orchestration_trigger(context_name="context")
def await_event(context):
    context.set_custom_status("waiting")
    event = yield context.wait_for_external_event("go")
    return {{"version": VERSION, "event": event}}


@app.orchestration_trigger(context_name="context")
def fail(context):
    yield context.call_activity("break", None)


@app.entity_trigger(context_name="context")
def counter(context):
    context.set_state(context.get_state(int) + int(context.get_input()))


@app.activity_trigger(input_name="nothing", activity="stamp")
def stamp(nothing):
    return VERSION


@app.activity_trigger(input_name="nothing", activity="break")
def break_it(nothing):
    raise ValueError("broken on purpose")


@app.route(route="about/{{*rest}}", methods=["GET", "POST"])
def about(req: func.HttpRequest) -> func.HttpResponse:
    seen = {{"version": VERSION, "headers": dict(req.headers), "query": dict(req.params)}}
    seen["body"] = req.get_body().decode()
    return func.HttpResponse(json.dumps(seen), mimetype="application/json", headers={{"X-Own": "1", "ETag": "7"}})


@app.route(route="own-start", methods=["POST"])
@app.durable_client_input(client_name="client")
async def own_start(req: func.HttpRequest, client) -> func.HttpResponse:
    instance_id = await client.start_new("echo", "own-start")
    return client.create_check_status_response(req, instance_id)
{more}
"""


def zip_version(version: str, more: str = "") -> bytes:
    """Zip the app as `version`; the same arguments always give the same bytes."""
    files = {
        "function_app.py": CODE.format(version=version, more=more),
        "host.json": HOST_JSON,
        "requirements.txt": "azure-functions-durable\n",
    }
    return zip_files(files)


def zip_files(files: dict[str, str]) -> bytes:
    """Zip texts, with fixed times."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in files.items():
            package.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text)
    return buffer.getvalue()
