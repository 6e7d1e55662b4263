"""Whatever is asked of a routing table, in whatever order and however often, it stays sound."""

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from registry_builders import NOW, deployed, digest_of, operate, registered

from version_registry.codec import decode_table, encode_table
from version_registry.invariants import find_violations
from version_registry.model import LineStatus

VERSIONS = ("1.0.0", "1.0.1", "1.1.0", "1.2.0rc1")
LINES = ("1.0", "1.1", "1.2.0rc1")
CONDITION = {"reason": "gate_deadline", "message": "not ready"}
versions, line_names = st.sampled_from(VERSIONS), st.sampled_from(LINES)
operations = st.sampled_from([f"saga-{number}" for number in range(3)])
who = st.sampled_from(["holder", "holder", "stranger"])
GRACE = {LineStatus.DRAINING, LineStatus.RETIRING}


class AnyOrder(RuleBasedStateMachine):
    """Asks for anything at any time; knows who waits, and that they are returned."""

    def __init__(self):
        super().__init__()
        self.table = None
        self.now = NOW
        self.waiting = {}

    @initialize()
    def begin_with_a_superseded_line(self):
        self.table = registered(*VERSIONS, table=deployed("1.0.0", "1.1.0"))

    def ask(self, name, /, **args):
        """Ask, check what holds for every operation, and ask again when the same must come out."""
        before, self.now = self.table, self.now + timedelta(seconds=7)
        self.table, outcome = operate(before, name, now=self.now, **args)
        self._check_generation(before)
        assert set(before.lines) <= set(self.table.lines), "no line is ever forgotten"
        self._follow_waiting(outcome.get("waiting", []))
        assert outcome["granted"] or outcome["reason"], "a refusal says why"
        return outcome

    def _check_generation(self, before):
        changed = self.table != before
        assert self.table.generation == before.generation + (1 if changed else 0)
        for name, line in before.lines.items():
            assert self.table.lines[name].generation >= line.generation

    def _follow_waiting(self, returned):
        """Whoever has queued is in a queue, or has just been returned."""
        queued = {one for line in self.table.lines.values() for one in line.waiting}
        gone = set(self.waiting) - queued
        assert gone <= set(returned), f"{gone - set(returned)} were dropped silently"
        self.waiting = dict.fromkeys(queued)

    def holder(self, line, asker):
        found = self.table.lines.get(line)
        return (found.holder if found and asker == "holder" else None) or "stranger"

    @rule(version=versions)
    def register(self, version):
        self.ask("register_release", application="orders", version=version, digest=digest_of(version), functions=[])

    @rule(version=versions, operation=operations)
    def begin_deploy(self, version, operation):
        args = {"version": version, "operation": f"deploy-{version}-{operation}"}
        outcome = self.ask("begin_deploy", **args)
        table = self.table
        if outcome["granted"]:
            assert self.ask("begin_deploy", **args)["granted"]
            assert self.table == table

    @rule(line=line_names, asker=who)
    def activate(self, line, asker):
        app = {"name": f"app-{line}", "host": "app.test"}
        args = {"line": line, "operation": self.holder(line, asker), "app": app, "functions": []}
        self.repeatable("activate", args)

    @rule(line=line_names, asker=who, deleted=st.booleans())
    def fail_deploy(self, line, asker, deleted):
        args = {"line": line, "operation": self.holder(line, asker), "condition": CONDITION, "app_deleted": deleted}
        self.repeatable("fail_deploy", args)

    @rule(line=line_names, asker=who)
    def report_progress(self, line, asker):
        self.ask("report_progress", line=line, operation=self.holder(line, asker), condition=CONDITION)

    @rule(line=line_names, force=st.booleans())
    def promote(self, line, force):
        self.repeatable("promote", {"line": line, "force": force})

    @rule()
    def rollback(self):
        self.ask("rollback")

    @rule(line=line_names, percent=st.integers(0, 100))
    def ramp(self, line, percent):
        self.repeatable("ramp", {"line": line, "percent": percent})

    @rule(line=line_names, reason=st.sampled_from([None, "an audit"]))
    def keep(self, line, reason):
        self.repeatable("keep", {"line": line, "reason": reason})

    @rule(line=line_names)
    def request_drain(self, line):
        self.repeatable("request_drain", {"line": line})

    @rule(line=line_names, unfinished=st.none() | st.integers(0, 2))
    def record_count(self, line, unfinished):
        count = {"at": self.now.isoformat(), "unfinished": unfinished}
        self.ask("record_counts", counts={line: count})

    @rule(line=line_names, operation=operations, behind=st.sampled_from([0, 0, 0, 1]))
    def begin_drain(self, line, operation, behind):
        found = self.table.lines.get(line)
        args = {
            "line": line,
            "operation": f"retire-{line}-{operation}-{self.table.generation}",
            "line_generation": found.generation if found else 1,
            "expected_generation": self.table.generation - behind,
        }
        before = self.table
        outcome = self.repeatable("begin_drain", args)
        if outcome["granted"]:
            assert before.current != line
            assert before.lines[line].keep is None
            assert behind == 0

    @rule(line=line_names, asker=st.sampled_from(["holder", "stranger", "admin"]))
    def cancel_drain(self, line, asker):
        operation = {} if asker == "admin" else {"operation": self.holder(line, asker)}
        self.repeatable("cancel_drain", {"line": line, "reason": "because", **operation})

    @rule(line=line_names, asker=who, unfinished=st.sampled_from([0, 0, 0, 1, None]))
    def begin_retire(self, line, asker, unfinished):
        zeros = [{"at": (self.now + timedelta(seconds=one)).isoformat(), "unfinished": 0} for one in (1, 2)]
        last = {"at": (self.now + timedelta(seconds=3)).isoformat(), "unfinished": unfinished}
        args = {"line": line, "operation": self.holder(line, asker), "counts": [*zeros, last], "archived": 0}
        before = self.table
        outcome = self.repeatable("begin_retire", args)
        if outcome["granted"] and before.lines[line].status is LineStatus.DRAINING:
            assert (asker, unfinished) == ("holder", 0)

    @rule(line=line_names, asker=who)
    def complete_retire(self, line, asker):
        self.repeatable("complete_retire", {"line": line, "operation": self.holder(line, asker), "deleted": ["app"]})

    @rule(line=line_names, asker=who, operation=operations)
    def take_over(self, line, asker, operation):
        replaces = self.holder(line, asker)
        args = {"line": line, "operation": f"heir-{line}-{operation}-{self.now:%H%M%S}", "replaces": replaces}
        self.repeatable("take_over", args)

    @rule(line=line_names)
    def go_on(self, line):
        """Let whoever holds the line do the next thing, so that far states are reached often."""
        status = self.table.lines[line].status
        if status is LineStatus.REGISTERED:
            self.begin_deploy(f"{line}.0" if line.count(".") == 1 else line, "next")
        elif status is LineStatus.PROVISIONING:
            self.activate(line, "holder")
        elif status is LineStatus.LIVE:
            self.begin_drain(line, "next", 0)
        elif status is LineStatus.DRAINING:
            self.begin_retire(line, "holder", 0)
        elif status is LineStatus.RETIRING:
            self.complete_retire(line, "holder")

    @rule(line=line_names, asker=who)
    def note(self, line, asker):
        self.ask("note", line=line, operation=self.holder(line, asker), condition=CONDITION)

    @rule(line=line_names, operation=operations)
    def request_start(self, line, operation):
        outcome = self.ask("request_start", line=line, operation=f"start-{line}-{operation}")
        if outcome["granted"] and outcome["action"] == "forward":
            found = self.table.lines[line]
            assert (found.status, found.generation) == (LineStatus.LIVE, outcome["line_generation"])

    def repeatable(self, operation, args):
        """Ask twice: a granted operation is granted again and changes nothing."""
        outcome = self.ask(operation, **args)
        after = self.table
        again = self.ask(operation, **args)
        if outcome["granted"]:
            assert again["granted"], again
            assert self.table == after
        return outcome

    @invariant()
    def the_table_is_sound(self):
        assert find_violations(self.table) == ()

    @invariant()
    def kept_and_current_lines_are_not_closing(self):
        for line in self.table.lines.values():
            if line.status in GRACE:
                assert line.keep is None
                assert self.table.current != line.name

    @invariant()
    def the_table_survives_its_json(self):
        assert decode_table(encode_table(self.table)) == self.table


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
