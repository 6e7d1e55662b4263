"""Effects on version apps as resources: Azure makes, fills and deletes them, slowly, and does not always say so."""

from collections.abc import Callable, Mapping
from typing import Any

from simulation.activities import Done
from simulation.cloud import OURS, App, Cloud
from simulation.faults import LONGEST_LATE_EFFECT
from simulation.nature import Nature
from simulation.routers import ORCHESTRATOR
from version_registry.sagas import Json

FUNCTIONS = [{"name": ORCHESTRATOR, "kind": "orchestrationTrigger"}]
BAD_DIGEST = "bad"
"""How the digest of a package that does not start begins."""
_LONGEST_BOOT = 12.0
_LONGEST_CALL = 30.0


def ok(**values: Any) -> Json:
    """It is done."""
    return {"ok": values}


def retry(reason: str, after: float = 2.0) -> Json:
    """It did not work now."""
    return {"retry": {"reason": reason, "retry_after": after}}


class AppEffects:
    """What the planners may ask of Azure."""

    __slots__ = ("_cloud", "_nature")

    def __init__(self, nature: Nature, cloud: Cloud) -> None:
        self._nature, self._cloud = nature, cloud

    def check_package(self, _: Mapping[str, Any], done: Done) -> None:
        """Read the package's index."""
        self._nature.after(self._nature.moment_of_work(), done, ok(functions=FUNCTIONS, complete=True))

    def ensure_app(self, args: Mapping[str, Any], done: Done) -> None:
        """Begin to make the app, then say that it is there."""
        line, generation = args["line"], args["generation"]
        name = app_name(line, generation)
        if self._cloud.is_condemned(name):
            self._nature.after(self._nature.moment_of_work(), done, retry("a left-over is looked into first", 10.0))
            return

        def make() -> Json:
            is_new = name not in self._cloud.apps
            self._cloud.make(name, line, generation)
            if is_new and args.get("continuation") is None:
                return {"pending": {"continuation": f"operation-{name}", "doing": "making the app"}, "retry_after": 3.0}
            return ok(app={"name": name, "host": f"{name}.test"})

        self._cloud.being_made[name] = self._cloud.being_made.get(name, 0) + 1
        self._call(make, done, after=lambda: self._finish_making(name))

    def _finish_making(self, name: str) -> None:
        self._cloud.being_made[name] -= 1

    def publish_package(self, args: Mapping[str, Any], done: Done) -> None:
        """Put a package into the app, which restarts with it."""
        name, digest = args["app"]["name"], args["digest"]
        deployment = ok(deployment=f"deployment-of-{digest}")
        begun_on = self._cloud.apps.get(name)
        under_way = begun_on.publishing if begun_on else []
        if other := find_publish(under_way):
            # One that is known already is adopted; another one is let end first.
            outcome = deployment if other == digest else retry("another deployment is under way", 10.0)
            self._nature.after(self._nature.moment_of_work(), done, outcome)
            return

        def publish() -> Json:
            app = self._cloud.apps.get(name)
            if app is None:
                return {"failed": {"code": "app_missing", "reason": f"there is no app {name}"}}
            app.digest = digest
            app.down_until = max(app.down_until, self._nature.now + _LONGEST_BOOT * self._nature.draw.random())
            return deployment

        under_way.append(digest)
        self._call(publish, done, after=lambda: under_way.remove(digest))

    def check_deployment(self, args: Mapping[str, Any], done: Done) -> None:
        """Look how a publish fares."""
        if BAD_DIGEST in args["deployment"] and self._nature.draw.random() < 0.5:
            done({"failed": {"code": "deploy_failed", "reason": "the package does not build"}})
            return
        app = self._cloud.apps.get(args["app"]["name"])
        if app is not None and args["deployment"] in {f"deployment-of-{digest}" for digest in app.publishing}:
            done({"pending": {"doing": "deploying the package"}, "retry_after": 3.0})
            return
        self._call(ok, done)

    def check_health(self, args: Mapping[str, Any], done: Done) -> None:
        """Look whether the app runs what it should."""
        app = self._cloud.apps.get(args["app"]["name"])
        healthy = app is not None and app.answers(self._nature.now) and not is_bad(app.digest)
        outcome = ok(functions=FUNCTIONS) if healthy else retry("the host is starting", 5.0)
        self._nature.after(self._nature.moment_of_work(), done, outcome)

    def delete_app(self, args: Mapping[str, Any], done: Done) -> None:
        """Make the app absent, if it is this line's of this generation."""
        line, generation = args["line"], args["generation"]
        name = (args.get("app") or {}).get("name") or app_name(line, generation)

        def delete() -> Json:
            if self._cloud.being_made.get(name):
                return retry("another operation is in progress", 5.0)
            if (app := self._cloud.apps.get(name)) is not None and not is_ours(app, line, generation):
                return {"failed": {"code": "not_ours", "reason": f"{name} belongs to {app.owner}"}}
            return ok(deleted=self._cloud.delete(name))

        self._call(delete, done)

    def _call(self, act: Callable[[], Json], done: Done, after: Callable[[], None] = lambda: None) -> None:
        """Call Azure: it may refuse, or do it and not say so, or do it much later. `after`: it is over, either way."""
        nature = self._nature
        slow = nature.befalls("azure_slow")
        takes = nature.up_to(_LONGEST_CALL) if slow else nature.moment_of_work() * 4

        def end(outcome: Json | None, answer: Json | None) -> None:
            """Do it unless there is an outcome already; then answer, perhaps something else."""
            result = act() if outcome is None else outcome
            after()
            done(answer or result)

        if nature.befalls("azure_refuses"):
            nature.after(takes, end, retry("throttled"), None)
        elif nature.befalls("azure_answer_lost"):
            nature.after(takes, end, None, retry("timed out"))
        elif nature.befalls("azure_late"):
            nature.after(takes, done, retry("timed out"))
            nature.after(takes + (LONGEST_LATE_EFFECT - takes) * nature.draw.random(), _both, act, after)
        else:
            nature.after(takes, end, None, None)


def is_ours(app: App, line: str, generation: int) -> bool:
    """Tell by an app's tags whether it is this router's app of a line's generation."""
    return app.owner == OURS and (app.line, app.generation) == (line, generation)


def find_publish(under_way: list[str]) -> str | None:
    """Find the digest that is being published, as the platform lists it."""
    return under_way[-1] if under_way else None


def is_bad(digest: str | None) -> bool:
    """Tell whether a package does not start."""
    return digest is not None and digest.startswith(BAD_DIGEST)


def _both(act: Callable[[], object], after: Callable[[], None]) -> None:
    act()
    after()


def app_name(line: str, generation: int) -> str:
    """Name the app of a line's generation."""
    return f"app-{line}-g{generation}"
