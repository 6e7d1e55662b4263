"""Orders, version 1.0.0: reserve stock, wait for the payment, charge, ship."""

import json
from typing import Any

import azure.durable_functions as df
import azure.functions as func

VERSION = "1.0.0"
UNIT_PRICE = 12

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.orchestration_trigger(context_name="context")
def place_order(context: df.DurableOrchestrationContext) -> Any:
    """Take one order from its reservation to the parcel; the payment may come in minutes or in weeks."""
    order = context.get_input()

    context.set_custom_status("reserving stock")
    reservation = yield context.call_activity("reserve_stock", order)
    tally = df.EntityId("tally", order["item"])
    yield context.call_entity(tally, "add", order["quantity"])

    context.set_custom_status("waiting for payment")
    payment = yield context.wait_for_external_event("payment")

    context.set_custom_status("charging")
    charge = yield context.call_activity("charge", {"order": order, "payment": payment})

    context.set_custom_status("shipping")
    parcel = yield context.call_activity("ship", {"order": order, "reservation": reservation})

    context.set_custom_status("shipped")
    return {"reservation": reservation, "charge": charge, "parcel": parcel}


@app.activity_trigger(input_name="order")
def reserve_stock(order: dict) -> dict:
    """Set the goods aside."""
    return {"shelf": f"{order['item']}-shelf", "quantity": order["quantity"], "by": VERSION}


@app.activity_trigger(input_name="bill")
def charge(bill: dict) -> dict:
    """Take the money, by the means that the payment names."""
    return {"amount": bill["order"]["quantity"] * UNIT_PRICE, "method": bill["payment"]["method"], "by": VERSION}


@app.activity_trigger(input_name="delivery")
def ship(delivery: dict) -> dict:
    """Send the parcel."""
    return {"from": delivery["reservation"]["shelf"], "by": VERSION}


@app.entity_trigger(context_name="context")
def tally(context: df.DurableEntityContext) -> None:
    """Count what this line's orders took of one item; an entity is its app's own and is not shared between lines."""
    taken = context.get_state(lambda: 0)
    if context.operation_name == "add":
        taken += context.get_input()
    context.set_state(taken)
    context.set_result(taken)


@app.route(route="about", methods=["GET"])
def about(req: func.HttpRequest) -> func.HttpResponse:
    """Say which version of the code answers."""
    return func.HttpResponse(json.dumps({"application": "orders", "version": VERSION}), mimetype="application/json")
