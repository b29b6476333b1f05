"""The base of what a command refuses, so that one place prints it (`refusals`); and all exit statuses."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

# 0: done, and in order.
FAILED = 1  # refused or failed; a line on stderr names the remedy
USAGE = 2  # called in a wrong way; nothing was done
NOT_IN_ORDER = 3  # done, and what it found is not in order, or not all of it is done


POLICY = (
    "Your role needs the policy that the output OperatorPolicyArn of the stack ru4m-<stage>-service names."
)


class CommandRefused(Exception):
    """A command is refused or failed; the text says why and what to do, in one line."""

    status: ClassVar[int] = FAILED


class WrongCall(CommandRefused):
    """The command was called in a wrong way; nothing was done."""

    status: ClassVar[int] = USAGE


class FileRefused(CommandRefused):
    """The file cannot be written."""


def refuse_unwritable(out: Path) -> None:
    """Refuse a file that exists or has no folder, before anything is read."""
    if out.exists():
        raise FileRefused(f"{out} exists. Choose another name.")
    if not out.absolute().parent.is_dir():
        raise FileRefused(f"{out.parent} is no folder. Create it first.")


SIGN_IN = "Sign in (for example with `aws sso login`), or set AWS_PROFILE."
