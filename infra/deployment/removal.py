"""Removal: the service stack of a stage is deleted, and everything that is data stays.

Keys, secrets, tables, buckets and the mail identity belong to other stacks, which this never touches. The
next deployment finds them. It also needs to know which tables were in use, so that is noted first.
"""

from __future__ import annotations

from botocore.exceptions import ClientError

from infra.deployment import queues, releases, tables
from infra.deployment.account import AwsAccount
from infra.deployment.stacks import Report, Stacks, stack_name
from infra.ops.refused import CommandRefused


class NothingToRemove(CommandRefused):
    """The stage has no service stack."""


def lost_messages(account: AwsAccount, stage: str) -> str:
    """The messages that a removal would delete now, as `3 in hooks, 1 in rights-dead`; empty if none.

    A removal that is repeated after a kill may meet queues that SQS still lists and no longer has.
    """
    try:
        standings = queues.standings(account, stage)
    except ClientError as error:
        return f"not known ({error.response['Error']['Code']})"
    counted = ((one.name, one.waiting + one.in_work + one.delayed) for one in standings)
    return ", ".join(f"{number} in {name}" for name, number in counted if number)


def remove_service(account: AwsAccount, stage: str, report: Report) -> None:
    """Delete the service stack; a killed removal may be repeated.

    Raises:
        NothingToRemove: the stage has no service stack.
        StackFailed: a resource could not be deleted.
    """
    stacks, name = Stacks(account, report), stack_name(stage, "service")
    held = stacks.parameters(name)
    if not held:
        raise NothingToRemove(f"stage {stage} has no service to remove.")
    releases.note_tables(account, stage, tables.about_tables(held))
    stacks.delete(name)
