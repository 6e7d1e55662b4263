"""What is raised when the router cannot start with its settings."""


class SettingError(ValueError):
    """An app setting of the router is missing or wrong; the message names it and says what it must be."""
