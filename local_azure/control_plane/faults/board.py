"""The faults that are set, in memory: a control plane that starts anew does everything right."""

from local_azure.control_plane.faults.rules import FaultRule


class FaultBoard:
    """Keeps the rules and counts what they strike."""

    def __init__(self) -> None:
        """Begin without faults."""
        self._rules: list[FaultRule] = []

    @property
    def rules(self) -> tuple[FaultRule, ...]:
        """Return the rules, spent ones included: they tell how often they struck."""
        return tuple(self._rules)

    def set(self, rule: FaultRule) -> None:
        """Add a rule."""
        self._rules.append(rule)

    def clear(self, rule_id: str | None = None) -> bool:
        """Drop one rule, or all; tell whether there was any."""
        kept = [rule for rule in self._rules if rule_id not in (None, rule.id)]
        dropped = len(kept) < len(self._rules)
        self._rules = kept
        return dropped

    def strike(self, method: str, path: str) -> FaultRule | None:
        """Return the rule that a call falls under; the first that matches and is not spent decides."""
        for number, rule in enumerate(self._rules):
            if not rule.is_spent and rule.matches(method, path):
                self._rules[number], strikes = rule.counted()
                return rule if strikes else None
        return None
