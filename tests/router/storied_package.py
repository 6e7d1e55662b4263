"""Functions of a version app that tells more of itself than it should, and of each request that reaches it."""

STORIED = """

@app.orchestration_trigger(context_name="context")
def leak(context):
    context.set_custom_status(context.get_input())
    told = yield context.call_activity("pass_on", context.get_input())
    return {"urls": told, "words": "ask " + told["statusQueryGetUri"] + " now"}


@app.activity_trigger(input_name="given", activity="pass_on")
def pass_on(given: dict):
    return given


@app.orchestration_trigger(context_name="context")
def parent(context):
    found = yield context.call_sub_orchestrator("echo", "from the parent", context.instance_id + ":child")
    return found


@app.route(route="leak", methods=["POST"])
@app.durable_client_input(client_name="client")
async def leak_start(req: func.HttpRequest, client) -> func.HttpResponse:
    instance_id = req.params["id"]
    urls = client.create_http_management_payload(instance_id)
    await client.start_new("leak", instance_id, urls)
    return func.HttpResponse(json.dumps(urls), headers={"Location": urls["statusQueryGetUri"]}, status_code=202)


@app.route(route="any/{*rest}", methods=["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
def any_call(req: func.HttpRequest) -> func.HttpResponse:
    seen = {"method": req.method, "headers": dict(req.headers), "url": req.url, "size": len(req.get_body())}
    status = int(req.params.get("status", "200"))
    headers = {"X-Seen": json.dumps(seen), "Content-Type": "application/x-own"}
    return func.HttpResponse(req.get_body(), status_code=status, headers=headers)


@app.route(route="broken", methods=["GET"])
def broken(req: func.HttpRequest) -> func.HttpResponse:
    raise ValueError("broken at " + req.url)
"""
