"""Router instances: they decide on snapshots of the table and forward, each by itself.

Routing, and how long a snapshot may be used, is production code. The steps around it are those of router_app/http:
decide, claim an Idempotency-Key, then forward until the deadline or have a saga wait.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from router_app.known_tables import KnownTables, Snapshot
from simulation.cloud import Cloud
from simulation.faults import READ_LAG, SLACK
from simulation.hub import Hub
from simulation.keyed_starts import KeyedStarts, Repeatable
from simulation.nature import Nature
from simulation.table import APPLICATION, TableEntity
from version_registry.identifiers import make_public_id, parse_public_id, start_id
from version_registry.model import LineStatus, RoutingTable
from version_registry.routing import Forward, Reject, Wait, route_follow_up, route_start
from version_registry.starting import StartRequest, new_start
from version_registry.tombstones import find_line

ORCHESTRATOR = "process_order"
_LONGEST_READ = 15.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a router answers to a start."""

    kind: str
    """`accepted`, `exists`, `rejected` or `failed`."""
    public_id: str = ""
    waits: bool = False


Reply = Callable[[Answer], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """A start as a client asks for it."""

    key: str
    version: str | None
    repeatable: bool = False
    """Sent with an Idempotency-Key."""
    copies: str | None = None
    """A restart of this instance, under a new id."""
    rewinds: str | None = None
    """A rewind of this instance."""


class Router:
    """One process of the router."""

    __slots__ = ("_cloud", "_hub", "_keyed", "_nature", "_table", "_tables", "life", "name", "traffic")

    def __init__(
        self, name: str, nature: Nature, table: TableEntity, hub: Hub, cloud: Cloud, *, keyed: KeyedStarts
    ) -> None:
        self.name = name
        self._keyed = keyed
        self._nature, self._table, self._hub, self._cloud = nature, table, hub, cloud
        self._tables = KnownTables(nature.timings.table_ttl)
        self.traffic = 0.0
        """How often it has a snapshot from requests that are not simulated."""
        self.life = 0
        """Counts its restarts: a request of an earlier life is never answered."""

    def restart(self) -> None:
        """Lose everything that only the process knew."""
        self.life += 1
        self._tables = KnownTables(self._nature.timings.table_ttl)
        self._tell("RESTARTS")

    def forget_table(self) -> None:
        """Drop the snapshot: this process has just changed the table."""
        self._tables.forget(APPLICATION, self._nature.now)

    def take(self, wish: Wish, reply: Reply) -> None:
        """Take a start; the reply comes unless the process dies first."""
        life = self.life

        def reply_if_alive(answer: Answer) -> None:
            if self.life == life:
                reply(answer)

        self._recall_traffic()
        if wish.repeatable:
            self._take_repeatable(wish, reply_if_alive)
        else:
            self._with_table(lambda table: self._begin(wish, table, reply_if_alive), reply_if_alive)

    def _take_repeatable(self, wish: Wish, reply: Reply) -> None:
        request = Repeatable(
            key=wish.key,
            give_up_at=self._keyed.patience(),
            begin=lambda attempt: self._with_table(lambda table: self._claim(wish, table, attempt, reply), reply),
            accept=lambda public_id: reply(Answer("accepted", public_id)),
            fail=lambda: reply(Answer("failed")),
            with_table=lambda then: self._with_table(then, reply),
        )
        self._nature.after(self._nature.moment_of_work(), self._keyed.look, request)

    def _claim(self, wish: Wish, table: RoutingTable | None, attempt: int, reply: Reply) -> None:
        """Choose the line, and claim the key for the instance on it; whoever comes too late looks again."""
        decision = self._choose(wish, table)
        if isinstance(decision, Reject):
            return reply(Answer("rejected"))
        decided_at = self._nature.now
        public_id = str(make_public_id(decision.line, wish.key))
        return self._nature.after(
            self._nature.moment_of_work(), self._claim_now, wish, attempt, public_id, decision, decided_at, reply
        )

    def _claim_now(
        self, wish: Wish, attempt: int, public_id: str, decision: Forward | Wait, decided_at: float, reply: Reply
    ) -> None:
        claim = self._keyed.claim(wish.key, attempt, public_id)
        if claim is None:
            return self._take_repeatable(wish, reply)

        def settle(answer: Answer) -> None:
            claim.delivered = claim.delivered or answer.kind == "accepted"
            reply(answer)

        return self._carry_out(decision, wish, decided_at, settle)

    def _begin(self, wish: Wish, table: RoutingTable | None, reply: Reply) -> None:
        if wish.copies is not None:
            return self._restart_instance(wish, table, reply)
        if wish.rewinds is not None:
            return self._rewind(wish.rewinds, table, reply)
        return self._decide(wish, table, reply)

    def _with_table(self, then: Callable[[RoutingTable | None], None], reply: Reply, tries: int = 2) -> None:
        """Go on with a table on which a decision may be made now."""
        known = self._tables.find(APPLICATION, self._nature.now)
        if known is not None:
            return then(known.table)
        if tries == 0:
            return reply(Answer("failed"))
        begun = self._nature.now
        snapshot = Snapshot(self._table.as_of(begun - self._nature.up_to(READ_LAG)), begun)
        takes = self._reading_time()
        return self._nature.after(takes, self._have_read, snapshot, then, reply, tries - 1)

    def _have_read(
        self, snapshot: Snapshot, then: Callable[[RoutingTable | None], None], reply: Reply, tries: int
    ) -> None:
        self._tables.keep(APPLICATION, snapshot)
        if self._tables.is_fresh(snapshot, self._nature.now):
            return then(snapshot.table)
        return self._with_table(then, reply, tries)

    def _reading_time(self) -> float:
        slow = self._nature.befalls("slow_read")
        return self._nature.up_to(_LONGEST_READ) if slow else self._nature.message_time()

    def _recall_traffic(self) -> None:
        """Have a snapshot of any age that requests before this one may have left."""
        draw = self._nature.draw
        if draw.random() < self.traffic:
            read_at = self._nature.now - self._nature.up_to(self._nature.timings.table_ttl.total_seconds())
            seen = self._table.as_of(read_at - self._nature.up_to(READ_LAG))
            self._tables.keep(APPLICATION, Snapshot(seen, read_at))

    def _decide(self, wish: Wish, table: RoutingTable | None, reply: Reply) -> None:
        decision = self._choose(wish, table)
        if isinstance(decision, Reject):
            reply(Answer("rejected"))
        else:
            self._carry_out(decision, wish, self._nature.now, reply)

    def _choose(self, wish: Wish, table: RoutingTable | None) -> Forward | Wait | Reject:
        decision = route_start(table, wish.version, name=ORCHESTRATOR, instance_key=wish.key)
        if table is not None and (what := name_rarity(table, decision)):
            self._nature.reached[what] += 1
        if self._nature.trace.on:
            known = f"knows generation {table.generation if table else 0}"
            self._tell(f"{known}; start {wish.key} of {wish.version or 'current'}: {_describe(decision)}")
        return decision

    def _carry_out(self, decision: Forward | Wait, wish: Wish, decided_at: float, reply: Reply) -> None:
        match decision:
            case Forward():
                self._forward(decision, wish, decided_at, reply)
            case Wait():
                self._nature.after(self._nature.message_time(), self._wait, wish, decision.line, reply)
            case _:
                assert_never(decision)

    def _restart_instance(self, wish: Wish, table: RoutingTable | None, reply: Reply) -> None:
        decision = route_follow_up(table, wish.copies or "")
        if table is None or not isinstance(decision, Forward) or not takes_work(table, decision.line):
            return reply(Answer("rejected"))
        return self._forward(decision, wish, self._nature.now, reply)

    def _rewind(self, public_id: str, table: RoutingTable | None, reply: Reply) -> None:
        """Pass a rewind on; nothing is promised about it, so its answer is not followed."""
        decision = route_follow_up(table, public_id)
        reply(Answer("rejected"))
        if table is None or not isinstance(decision, Forward) or not takes_work(table, decision.line):
            return
        there = travel_time(self._nature)
        self._tell(f"rewind {public_id}: forward to {decision.app.name}")
        if there <= forward_deadline(self._nature) + SLACK:
            self._nature.after(there, self._cloud.rewind, decision.app.name, public_id)

    def _forward(self, decision: Forward, wish: Wish, decided_at: float, reply: Reply) -> None:
        nature = self._nature
        public_id = str(make_public_id(decision.line, wish.key))
        # The deadline counts from the decision, whatever came between.
        there, deadline = travel_time(nature), forward_deadline(nature) - (nature.now - decided_at)
        back = nature.moment_of_work()
        if there <= deadline + SLACK:
            nature.after(there, self._arrive, decision.app.name, public_id, wish, back, reply, nature.now + deadline)
        if there + back > deadline:
            nature.after(min(deadline, there + back), reply, Answer("failed"))

    def _arrive(self, app: str, public_id: str, wish: Wish, back: float, reply: Reply, give_up_at: float) -> None:
        result = self._cloud.start(app, public_id)
        if self._nature.now + back > give_up_at:
            return
        self._nature.after(back, reply, _answer_of(result, public_id, repeatable=wish.repeatable))

    def _wait(self, wish: Wish, line: str, reply: Reply) -> None:
        public_id = str(make_public_id(line, wish.key))
        saga = start_id(APPLICATION, public_id)
        start = StartRequest(line, ORCHESTRATOR, public_id, "{}", {})
        state = new_start(APPLICATION, start, operation=saga)
        started = self._hub.start(saga, {"kind": "deliver_start", "state": dict(state)}, again=True)
        answer = Answer("accepted", public_id, waits=True) if started or wish.repeatable else Answer("exists")
        self._nature.after(self._nature.moment_of_work(), reply, answer)

    def _tell(self, what: str) -> None:
        if self._nature.trace.on:
            self._nature.trace.tell(self.name, what)


def _describe(decision: Forward | Wait | Reject) -> str:
    match decision:
        case Forward(_, app, _, reason):
            return f"forward to {app.name} ({reason})"
        case Wait(_, reason):
            return f"wait ({reason})"
        case Reject(kind, detail):
            return f"reject, {kind.value} ({detail})"[:120]


def name_rarity(table: RoutingTable, decision: Forward | Wait | Reject) -> str:
    """Name what is worth counting about a decision; empty for what every run has."""
    if isinstance(decision, Reject):
        return f"a start is rejected: {decision.kind.value}"
    if isinstance(decision, Forward):
        return _WORTH_COUNTING.get(decision.reason.partition("; ")[2] or decision.reason, "")
    line = find_line(table, decision.line)
    return f"a start waits for a line that is {line.status.value}" if line else ""


_WORTH_COUNTING = {"the ramp": "a start is on the ramp", "policy forwards": "a start of a retired line is forwarded"}


def takes_work(table: RoutingTable, line: str) -> bool:
    """Tell whether a line takes calls that begin or revive work on an instance that it has."""
    return table.lines[line].status is LineStatus.LIVE


def line_of_instance(public_id: str) -> str:
    """Name the line that an id carries."""
    return parse_public_id(public_id).line


def forward_deadline(nature: Nature) -> float:
    """Say after how many seconds a forward is given up."""
    return nature.timings.forward_deadline.total_seconds()


def travel_time(nature: Nature) -> float:
    """Draw how long a request to an app is under way; a slow one may well miss its deadline."""
    if not nature.befalls("slow_forward"):
        return nature.moment_of_work()
    deadline = nature.timings.forward_deadline.total_seconds()
    if nature.draw.random() < 0.2:
        return deadline * (1.0 + 2.0 * nature.draw.random())
    return nature.up_to(deadline + SLACK)


def _answer_of(result: str, public_id: str, *, repeatable: bool) -> Answer:
    if result == "started" or (result == "exists" and repeatable):
        return Answer("accepted", public_id)
    return Answer("exists" if result == "exists" else "failed")
