"""What is wrong with traffic, in all contracts that know it."""

from collections.abc import Iterable, Sequence

from exchanges import Exchange
from operations import Contract


def mistakes(contracts: Sequence[Contract], traffic: Iterable[Exchange]) -> list[str]:
    """Name each disagreement of the traffic with each contract, once."""
    found = {
        f"{exchange}: {problem} ({contract.name})": None
        for exchange in traffic
        for contract in contracts
        for problem in _problems(contract, exchange)
    }
    return list(found)


def without_contract(contracts: Sequence[Contract], traffic: Iterable[Exchange]) -> list[str]:
    """Name the traffic that no contract knows, once for each method and path."""
    unknown = (one for one in traffic if not any(contract.find(one.method, one.path) for contract in contracts))
    return list({f"{one.method} {one.path}": None for one in unknown})


def _problems(contract: Contract, exchange: Exchange) -> list[str]:
    operation = contract.find(exchange.method, exchange.path)
    if operation is None:
        return []
    asked = contract.problems_with_request(operation, exchange) if 200 <= exchange.status < 400 else []
    return asked + contract.problems_with_answer(operation, exchange)
