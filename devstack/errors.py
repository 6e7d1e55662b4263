"""What can go wrong on the laptop, worded for whoever typed the command."""


class StackError(Exception):
    """The stack cannot start or go on; the message says what to do."""
