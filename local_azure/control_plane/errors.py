"""The base of the errors that people who start the control plane see."""


class ControlPlaneError(Exception):
    """Something outside the control plane keeps it from running; the message says what to do."""
