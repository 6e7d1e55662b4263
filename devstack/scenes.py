"""The scenes of the demo, in order. Each makes its calls, shows what comes back, and checks it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from devstack.line_watch import LineWatch, ReleaseWatch, line_in, show_routes
from devstack.narrator import Narrator
from devstack.router_calls import Json, RouterCalls, expect
from devstack.router_site import CHECKOUT
from router_cli.packaging import pack_folder

EXAMPLES = CHECKOUT / "examples" / "orders"
RELEASE_SECONDS = 60.0
STEP_SECONDS = 20.0
RETIRE_SECONDS = 60.0


@dataclass(slots=True)
class Story:
    """What the scenes share, and what later ones remember of earlier ones."""

    calls: RouterCalls
    narrator: Narrator
    old_order: str = ""
    new_order: str = ""
    old_app: str = ""
    old_result: Json = field(default_factory=dict)


def release_the_first(story: Story) -> None:
    """Release 1.0.0."""
    story.narrator.scene(
        "Release orders 1.0.0",
        "A package is all the router needs: it makes the app, publishes, and checks it before any request goes there.",
    )
    _release(story, "1.0.0")
    line = _line(story, "1.0")
    story.old_app = line["app"]["name"]
    expect(_routes(story)["current"] == "1.0", "line 1.0 is current")
    story.narrator.finding(f"line 1.0 is current, served by the app {story.old_app}")


def start_the_old_order(story: Story) -> None:
    """Start an order that will wait for its payment."""
    story.narrator.scene("An order comes in", "It reserves its goods, then waits for the payment: minutes, or weeks.")
    order = {"item": "book", "quantity": 2}
    started = story.calls.show("client", "POST", "orders/orchestrations/place_order/ann", expect=202, body=order)
    story.old_order = started["id"]
    expect(story.old_order == "1.0~ann", "the id carries the line, 1.0~ann")
    _await_custom_status(story, story.old_order, "waiting for payment")
    story.narrator.finding(f"{story.old_order} waits for its payment, on code {_version_of_code(story, '1.0')}")


def release_the_patch(story: Story) -> None:
    """Release 1.0.1 into the same app."""
    story.narrator.scene(
        "Release 1.0.1, a patch", "It replays what 1.0.0 wrote, so it goes to the same app, under the running order."
    )
    _release(story, "1.0.1")
    expect(_line(story, "1.0")["app"]["name"] == story.old_app, "1.0.1 runs in the app of 1.0.0")
    expect(_version_of_code(story, "1.0") == "1.0.1", "the app runs the code of 1.0.1")
    state = _instance(story, story.old_order)
    expect(state["runtimeStatus"] == "Running", "the order is still running")
    story.narrator.finding(f"the same app, now with code 1.0.1; {story.old_order} still waits: {state['customStatus']}")


def release_the_breaking_change(story: Story) -> None:
    """Release 1.1.0 into an app of its own."""
    story.narrator.scene(
        "Release 1.1.0, a breaking change",
        "Its steps come in another order: histories of 1.0 would not replay. It gets its own app.",
    )
    _release(story, "1.1.0")
    app = _line(story, "1.1")["app"]["name"]
    expect(app != story.old_app, "line 1.1 has an app of its own")
    expect(_routes(story)["current"] == "1.1", "line 1.1 is current")
    story.narrator.finding(f"line 1.1 is current, served by the app {app}; 1.0 runs on beside it")


def start_the_new_order(story: Story) -> None:
    """Start an order that goes to the new line by itself."""
    story.narrator.scene(
        "Another order comes in", "The same call as before. It names no version, so the current line takes it."
    )
    order = {"item": "lamp", "quantity": 1}
    started = story.calls.show("client", "POST", "orders/orchestrations/place_order/bob", expect=202, body=order)
    story.new_order = started["id"]
    expect(story.new_order == "1.1~bob", "the new order goes to line 1.1")
    _await_custom_status(story, story.new_order, "waiting for payment")
    story.narrator.finding(f"{story.new_order} passed the fraud check that only 1.1 has")


def pay_the_old_order(story: Story) -> None:
    """Finish the old order on the line it started on."""
    story.narrator.scene("The old order is paid", "It wakes up on the line it started on, although 1.1 is current.")
    story.old_result = _pay(story, story.old_order)
    by = {step: story.old_result[step]["by"] for step in ("reservation", "charge", "parcel")}
    expect(by == {"reservation": "1.0.0", "charge": "1.0.1", "parcel": "1.0.1"}, f"1.0's code did it all, not {by}")
    expect("risk" not in story.old_result, "the old order saw no step of 1.1")
    story.narrator.finding("Completed: reserved by 1.0.0 before the patch, charged and shipped by 1.0.1 after it")


def watch_the_retirement(story: Story) -> None:
    """See the old line drained and its app deleted."""
    story.narrator.scene(
        "The old line retires",
        "Nothing in 1.0 is unfinished. The router closes it, counts again, keeps the results, deletes the app.",
    )
    watch = LineWatch(story.narrator, "1.0")
    path = "orders/routes"
    story.calls.await_state(
        "admin",
        path,
        lambda routes: line_in(routes, "1.0")["status"] == "retired",
        seconds=RETIRE_SECONDS,
        what="line 1.0 to be retired",
        watch=watch,
    )
    line = _line(story, "1.0")
    receipt = line["receipt"]
    expect(all(count["unfinished"] == 0 for count in receipt["counts"]), "every count of the receipt is zero")
    expect(receipt["archived"] >= 1, "the old order was archived")
    story.narrator.finding(
        f"retired, with a receipt: {len(receipt['counts'])} counts of zero, {receipt['archived']} instance archived, "
        f"deleted {', '.join(receipt['deleted'])}"
    )


def ask_for_the_old_order(story: Story) -> None:
    """Read the old order's status after its app is gone."""
    story.narrator.scene(
        "The old order's status URL", "Its app is gone. The URL that was handed out at its start still answers."
    )
    state = story.calls.show("client", "GET", f"orders/instances/{story.old_order}", expect=200)
    expect(state["runtimeStatus"] == "Completed", "the old order is still known as Completed")
    expect(state["output"] == story.old_result, "its result is the one it ended with")
    story.narrator.finding(
        f"{state['runtimeStatus']}, tracking {state['output']['parcel']['tracking']}, from the archive"
    )


def finish_the_new_order(story: Story) -> None:
    """Pay the new order, and look at the table."""
    story.narrator.scene("And life goes on", "The new order is paid and shipped by 1.1.")
    result = _pay(story, story.new_order)
    expect(result["parcel"]["by"] == "1.1.0", "1.1.0 shipped it")
    story.narrator.finding("Completed, every step by 1.1.0")
    routes = story.calls.show("admin", "GET", "orders/routes", expect=200)
    show_routes(story.narrator, routes)


SCENES: tuple[Callable[[Story], None], ...] = (
    release_the_first,
    start_the_old_order,
    release_the_patch,
    release_the_breaking_change,
    start_the_new_order,
    pay_the_old_order,
    watch_the_retirement,
    ask_for_the_old_order,
    finish_the_new_order,
)


def _release(story: Story, version: str) -> None:
    path = f"orders/releases/{version}"
    story.calls.show("release", "PUT", path, expect=202, package=pack_folder(EXAMPLES / version))
    watch = ReleaseWatch(story.narrator, version)
    ended = story.calls.await_state(
        "release",
        path,
        lambda release: release["status"] in ("active", "failed"),
        seconds=RELEASE_SECONDS,
        what=f"release {version} to be active",
        watch=watch,
    )
    expect(ended["status"] == "active", f"release {version} is active; it is {ended}")


def _pay(story: Story, order: str) -> Json:
    path = f"orders/instances/{order}"
    story.calls.show("client", "POST", f"{path}/raiseEvent/payment", expect=202, body={"method": "card"})
    story.calls.await_state(
        "client", path, lambda state: state["runtimeStatus"] != "Running", seconds=STEP_SECONDS, what=f"{order} to end"
    )
    state = story.calls.show("client", "GET", path, expect=200)
    expect(state["runtimeStatus"] == "Completed", f"{order} is Completed; it is {state}")
    return dict(state["output"])


def _await_custom_status(story: Story, order: str, wanted: str) -> None:
    path = f"orders/instances/{order}"
    story.calls.await_state(
        "client", path, lambda state: state["customStatus"] == wanted, seconds=STEP_SECONDS, what=f"{order} {wanted}"
    )
    story.calls.show("client", "GET", path, expect=202)


def _version_of_code(story: Story, line: str) -> str:
    """Ask the app's own HTTP trigger, through the router."""
    return str(story.calls.show("client", "GET", f"orders/v/{line}/http/about", expect=200)["version"])


def _instance(story: Story, order: str) -> Json:
    return dict(story.calls.show("client", "GET", f"orders/instances/{order}", expect=202))


def _routes(story: Story) -> Json:
    return dict(story.calls.look("admin", "orders/routes"))


def _line(story: Story, name: str) -> Json:
    return line_in(_routes(story), name)
