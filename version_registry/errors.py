"""What the pure core refuses to work with."""


class RegistryError(Exception):
    """Base of everything this package raises."""


class InvalidNameError(RegistryError):
    """A version, application name or instance id that cannot be one; the message says what is expected."""


class MalformedError(RegistryError, ValueError):
    """JSON that is not what it should be."""


class UnknownSchemaError(RegistryError):
    """Persisted JSON of a schema this code does not know: written by a newer router."""


class BrokenInvariantError(RegistryError):
    """A change would leave the table in a state it may never be in: a defect of this package."""
