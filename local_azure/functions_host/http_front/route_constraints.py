"""The constraints of a route parameter, as in `{id:int}`; pure."""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from uuid import UUID

Predicate = Callable[[str], bool]
GUID = re.compile(r"[0-9a-f]{32}|\{[0-9a-f-]{36}\}|\([0-9a-f-]{36}\)|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)


class UnknownConstraint(ValueError):  # noqa: N818 - reads better where it is raised
    """A template names a constraint that does not exist, or gives it the wrong arguments."""


def find_constraint(name: str, argument: str) -> Predicate:
    """Return the test for `name(argument)`."""
    plain = PLAIN.get(name.lower())
    if plain is not None and not argument:
        return plain
    factory = WITH_ARGUMENT.get(name.lower())
    if factory is None or not argument:
        raise UnknownConstraint(f"unknown route constraint {name}({argument})" if argument else f"{name}")
    try:
        return factory(argument)
    except (ValueError, re.error) as error:
        raise UnknownConstraint(f"the route constraint {name}({argument}) is not usable: {error}") from error


def fits_integer(bits: int) -> Predicate:
    """Accept the whole numbers of a signed type."""
    limit = 1 << (bits - 1)

    def fits(text: str) -> bool:
        return bool(re.fullmatch(r"[+-]?[0-9]{1,20}", text)) and -limit <= int(text) < limit

    return fits


def is_number(text: str) -> bool:
    """Accept anything that reads as a number."""
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def is_datetime(text: str) -> bool:
    """Accept ISO 8601 dates and times, and the American and long forms .NET reads most often."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return any(parses_as(text, form) for form in ("%m/%d/%Y", "%m-%d-%Y", "%m-%d-%Y %I:%M%p", "%d %b %Y"))
    return True


def parses_as(text: str, form: str) -> bool:
    """Tell whether `text` has the given strptime form."""
    try:
        datetime.strptime(text, form)  # noqa: DTZ007 - only the shape matters
    except ValueError:
        return False
    return True


def is_guid(text: str) -> bool:
    """Accept a GUID in the forms N, D, B and P."""
    return bool(GUID.fullmatch(text)) and bool(UUID(text.strip("{}()")))


def has_length(argument: str) -> Predicate:
    """Accept texts of `n`, or of `least,most` characters."""
    least, _, most = argument.partition(",")
    low, high = int(least), int(most or least)
    return lambda text: low <= len(text) <= high


def in_range(argument: str) -> Predicate:
    """Accept whole numbers within `least,most`."""
    least, _, most = argument.partition(",")
    low, high = int(least), int(most)
    return lambda text: is_long(text) and low <= int(text) <= high


def at_least(argument: str) -> Predicate:
    """Accept whole numbers from `argument` on."""
    low = int(argument)
    return lambda text: is_long(text) and int(text) >= low


def at_most(argument: str) -> Predicate:
    """Accept whole numbers up to `argument`."""
    high = int(argument)
    return lambda text: is_long(text) and int(text) <= high


def min_length(argument: str) -> Predicate:
    """Accept texts of at least so many characters."""
    low = int(argument)
    return lambda text: len(text) >= low


def max_length(argument: str) -> Predicate:
    """Accept texts of at most so many characters."""
    high = int(argument)
    return lambda text: len(text) <= high


def matches(argument: str) -> Predicate:
    """Accept texts in which the expression is found, without case, as ASP.NET does."""
    expression = re.compile(argument, re.IGNORECASE)
    return lambda text: expression.search(text) is not None


is_long = fits_integer(64)
PLAIN: dict[str, Predicate] = {
    "int": fits_integer(32),
    "long": is_long,
    "bool": lambda text: text.lower() in {"true", "false"},
    "datetime": is_datetime,
    "decimal": is_number,
    "double": is_number,
    "float": is_number,
    "guid": is_guid,
    "alpha": lambda text: re.fullmatch(r"[A-Za-z]*", text) is not None,
    "required": lambda text: text != "",
    "file": lambda text: "." in text.rpartition("/")[2],
    "nonfile": lambda text: "." not in text.rpartition("/")[2],
}
WITH_ARGUMENT: dict[str, Callable[[str], Predicate]] = {
    "length": has_length,
    "minlength": min_length,
    "maxlength": max_length,
    "min": at_least,
    "max": at_most,
    "range": in_range,
    "regex": matches,
}
