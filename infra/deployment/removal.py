"""Removal: the service stack of a stage is deleted, and everything that is data stays.

Keys, secrets, tables, buckets and the mail identity belong to other stacks, which this never touches. The
next deployment finds them. It also needs to know which tables were in use, so that is noted first.
"""

from __future__ import annotations

from infra.deployment import releases, tables
from infra.deployment.account import AwsAccount
from infra.deployment.stacks import Report, Stacks, stack_name


class NothingToRemove(ValueError):
    """The stage has no service stack."""


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
