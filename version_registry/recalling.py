"""How a saga brings a line back from the archive, when the table refuses an operation because the line is there."""

from types import MappingProxyType

from version_registry.sagas import Effect, Json, TableOperation
from version_registry.stages import Broken, Done, Later, Moment, Stage, Stages, finish, go_to, pause, read_effect

_MOST_TRIES = 60
"""With a pause of at least some seconds each; the archive is as reliable as the store of the packages."""


def recall(state: Json, then: str) -> Json:
    """Bring the line back, then go to a stage. Needs the stages below, `pause` and `done`."""
    return go_to(state, "recall", after_recall=then, recalls=0)


def _recall(state: Json, _: Moment) -> Effect:
    return Effect("recall_line", {name: state[name] for name in ("application", "line")})


def _read_recall(state: Json, outcome: Json, _: Moment) -> Json:
    match read_effect(outcome):
        case Done(values):
            return go_to(state, "put_back", recalled=values["line"])
        case Later(reason, seconds):
            if state["recalls"] >= _MOST_TRIES:
                return _give_up(state, reason)
            return pause({**state, "recalls": state["recalls"] + 1}, seconds, "recall")
        case Broken(_, reason):
            return _give_up(state, reason)


def _put_back(state: Json, _: Moment) -> TableOperation:
    return TableOperation("restore_line", {"line": state["recalled"]})


def _read_put_back(state: Json, _outcome: Json, _: Moment) -> Json:
    # Refused or not: the table is asked again, and says whether the line is there.
    return go_to({**state, "recalled": None}, state["after_recall"])


def _give_up(state: Json, reason: str) -> Json:
    message = f"line {state['line']} could not be brought back from the archive: {reason}"
    return finish(state, failed=True, message=message, reason="not_recalled")


RECALL_STAGES: Stages = MappingProxyType(
    {
        "recall": Stage(_recall, _read_recall, "reading line {line} from the archive"),
        "put_back": Stage(_put_back, _read_put_back, "putting line {line} back into the table"),
    }
)
