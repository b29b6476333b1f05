"""The base of what a command refuses, so that one place prints it (`refusals`)."""

from __future__ import annotations

from typing import ClassVar

from infra.ops.exit_statuses import FAILED, USAGE

POLICY = (
    "Your role needs the policy that the output OperatorPolicyArn of the stack ru4m-<stage>-service names."
)


class CommandRefused(Exception):
    """A command is refused or failed; the text says why and what to do, in one line."""

    status: ClassVar[int] = FAILED


class WrongCall(CommandRefused):
    """The command was called in a wrong way; nothing was done."""

    status: ClassVar[int] = USAGE
