"""The base of what a command refuses, so that one place prints it (`refusals`)."""


class CommandRefused(Exception):
    """A command is refused or failed; the text says why and what to do, in one line."""
