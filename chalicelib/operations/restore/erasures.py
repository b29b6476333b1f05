"""Erases the accounts of the marks again, in all tables that hold them (RGT-3).

The partitions are deleted by the functions that erasures use. Claims, and items of Challenges, cannot be
found from the account, since the values are not known any more: they are found by a scan. An account whose
user differs from that of its mark is not erased: the mark is in doubt. At the end, `count_survivors` counts
what is left of the erased accounts in the tables, by a scan of each.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from chalicelib.accounts import service as accounts
from chalicelib.accounts.bars import service as bars
from chalicelib.accounts.model import ClaimKind
from chalicelib.accounts.profiles.service import READABLE_PROFILE
from chalicelib.accounts.restored import RecordedChanges
from chalicelib.accounts.service import OPEN_STORED_ACCOUNT
from chalicelib.consents.service import PURPOSES
from chalicelib.core import clock, needs, observe
from chalicelib.core.batches import batched
from chalicelib.core.clock import HOUR
from chalicelib.core.ids import AccountId, HeldId
from chalicelib.core.sealing import SealingError
from chalicelib.core.shards import Segment
from chalicelib.core.table_names import Table
from chalicelib.core.transactions import Perform
from chalicelib.messages.suppressions import service as suppressions
from chalicelib.messages.suppressions.model import DIRECT_MARKETING, Addresses
from chalicelib.operations.restore import owners, store
from chalicelib.operations.restore.marks import FoundMarks, MarkDoubt
from chalicelib.operations.restore.store import Workers
from chalicelib.people.contacts import counterparts
from chalicelib.people.conversations.endings import leave_conversations, leave_conversations_of_kept
from chalicelib.privacy import erasure
from chalicelib.privacy.erasure import KeyNotDeleted
from chalicelib.privacy.periods import Period
from chalicelib.privacy.plans import Action, TableStep
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.retention.held import service as held
from chalicelib.retention.holds import service as holds
from chalicelib.rights.erasure.tombstones import Mark, Tombstone
from chalicelib.rights.restored import requests
from chalicelib.rights.restored.restraints import objected_to_marketing
from chalicelib.safety.decisions import service as decisions


@dataclass(frozen=True)
class KeepOutcome:
    """Whether everything that has to be kept is kept, and how many records could not be opened."""

    is_complete: bool
    unreadable: int = 0


# Moves what a law keeps to the table Held. If it is complete, the account's partitions may be deleted.
Keep = Callable[[Tombstone], KeepOutcome]
# Runs of a move. Only a function that changes the tables at the same time can make all of them incomplete.
_KEEP_TRIES = 5

_OF_NUMBER = f"{ClaimKind.PHONE}#"
# The most accounts of a batched read.
_ACCOUNTS_PER_READ = 100


def keep_held(tombstone: Tombstone) -> KeepOutcome:
    """Move what a law or a hold keeps, unless the table Held has it already.

    Records that cannot be opened cannot be kept. If Keys was not restored, these are all that were sealed
    for their subject: Held has them, unless it was restored too.

    Raises:
        SealingError: a hold or a held record was altered.
        Unavailable: a table does not answer.
    """
    account_id, held_id = tombstone.account_id, tombstone.held_id or HeldId.new()
    reasons = held.keep_reasons(holds.of_subject(account_id).holds, clock.now())
    deadline = clock.now() + HOUR
    if not counterparts.leave_others_of_kept(account_id, tombstone.user_id, reasons.keys(), deadline):
        return KeepOutcome(is_complete=False)
    if not leave_conversations_of_kept(account_id, reasons.keys(), deadline):
        return KeepOutcome(is_complete=False)
    (row,) = needs.read_accounts([account_id], (DATA_KEY,))
    known, unreadable = held.digests(held_id), 0
    for _ in range(_KEEP_TRIES):
        run = held.keep(account_id, held_id, reasons, row[DATA_KEY], clock.now() + HOUR, known)
        unreadable += run.unreadable
        if run.complete:
            return KeepOutcome(is_complete=True, unreadable=unreadable)
    return KeepOutcome(is_complete=False, unreadable=unreadable)


@dataclass(frozen=True)
class ErasedAgain:
    """An account that was erased again, with the number of its items by table.

    `is_erased`: false if what a law keeps could not be kept yet, so that nothing was deleted. `unreadable`:
    records that had to be kept and could not be opened; they were deleted.
    """

    account_id: AccountId
    deleted: Mapping[Table, int]
    is_erased: bool
    unreadable: int = 0


def doubt_contradicted(found: FoundMarks) -> None:
    """Remove the marks whose account is stored with another user, or whose request cannot be its erasure.

    A request that was cancelled was never captured in the state that is stored now: its account is live.

    Raises:
        Unavailable: Accounts or Rights does not answer.
    """
    for batch in batched([*found.to_repeat.values()], _ACCOUNTS_PER_READ):
        marks = {mark.tombstone.account_id: mark.tombstone for mark in batch}
        stored = accounts.glances(marks)
        of_marks, _ = requests.read([one.request_id for one in marks.values()])
        by_id = {request.request_id: request for request in of_marks}
        for account_id, tombstone in marks.items():
            account, request = stored.get(account_id), by_id.get(tombstone.request_id)
            another_user = account is not None and account.user_id != tombstone.user_id
            if another_user or (request is not None and not requests.is_that_of(request, tombstone)):
                found.doubtful[tombstone.tombstone_id] = MarkDoubt.CONTRADICTORY
                del found.to_repeat[tombstone.tombstone_id]


def release_claims(erased: frozenset[AccountId], workers: Workers, perform: Perform) -> int:
    """Move the claims of erased accounts to quarantine, as an erasure leaves them; returns how many.

    Raises:
        Unavailable: Claims does not answer.
    """
    until = Period.QUARANTINE.ends(clock.now())

    def release(segment: Segment) -> int:
        released = 0
        for claims in accounts.owned_claims_in(segment):
            for key, owner in claims.items():
                if owner in erased:
                    if key.pk.startswith(_OF_NUMBER) and (barred := decisions.barred_until(owner)):
                        perform(partial(bars.place, key, barred))
                    perform(partial(accounts.release_claim, key, owner, until))
                    released += 1
        return released

    return sum(workers.on_segments(release)) if erased else 0


def erase_again(
    marks: Iterable[Mark], recorded: RecordedChanges, keep: Keep, workers: Workers, perform: Perform
) -> list[ErasedAgain]:
    """Delete the partitions and the keys of the accounts of some marks; a dry run returns nothing.

    `recorded`: the changes of numbers, mailboxes and languages since the backup.

    Raises:
        Unavailable: a table does not answer. What is deleted stays deleted.
    """
    done: list[ErasedAgain] = []

    def erase(mark: Mark) -> None:
        perform(lambda: done.append(_erase(mark, recorded, keep)))

    for _ in workers.on_each(marks, erase):
        pass
    return done


def _erase(mark: Mark, recorded: RecordedChanges, keep: Keep) -> ErasedAgain:
    account_id = mark.tombstone.account_id
    owners.correct_erased(account_id, recorded)
    if mark.erased_at is None:
        requests.keep_inputs(mark.tombstone)
    kept = _kept(keep, mark.tombstone)
    if not kept.is_complete:
        return ErasedAgain(account_id, {}, is_erased=False, unreadable=kept.unreadable)
    while not counterparts.leave_others(account_id, mark.tombstone.user_id, clock.now() + HOUR).complete:
        pass
    while not leave_conversations(account_id, clock.now() + HOUR).complete:
        pass
    _leave_suppressions(account_id, mark.tombstone.captured_at)
    deleted = _delete_partitions(account_id)
    with suppress(KeyNotDeleted):  # the item has an end, which no code gives it; it counts as a survivor
        erasure.delete_key(account_id)
    return ErasedAgain(account_id, deleted, is_erased=True, unreadable=kept.unreadable)


def _leave_suppressions(account_id: AccountId, erased_at: datetime) -> None:
    """Keep the objection to marketing of an account that the backup has, if its key still exists.

    A request may have come after the backup. So any objection of the account counts.
    """
    (row,) = needs.read_accounts([account_id], (OPEN_STORED_ACCOUNT, READABLE_PROFILE, PURPOSES, DATA_KEY))
    try:
        account, decisions = row[OPEN_STORED_ACCOUNT], row[PURPOSES]
        profile = row[READABLE_PROFILE]
    except SealingError as error:
        observe.log_failure("objection_unreadable", error)
        return
    if account is None:
        return
    objected = {purpose for purpose in DIRECT_MARKETING if decisions and purpose in decisions.objected}
    if objected_to_marketing(account_id):
        objected = {*DIRECT_MARKETING}
    addresses = Addresses(account.phone, profile.email if profile else None)
    suppressions.leave(addresses, sorted(objected), erased_at)


def _kept(keep: Keep, tombstone: Tombstone) -> KeepOutcome:
    """Keep what a law keeps. If a hold was altered, nothing of the account is deleted."""
    try:
        return keep(tombstone)
    except SealingError as error:
        observe.log_failure("keep_failed", error)
        return KeepOutcome(is_complete=False)


def _delete_partitions(account_id: AccountId) -> Counter[Table]:
    """Delete whole partitions: what a law keeps was moved, so nothing is spared."""
    deleted = Counter[Table]()
    for table in erasure.deletable_tables():
        step, complete = TableStep(Action.DELETE, table), False
        while not complete:  # each run deletes at least a batch
            done = erasure.delete_records(account_id, step, clock.now() + HOUR, dict)
            deleted[table] += sum(done.items.values())
            complete = done.complete
    return deleted


def delete_unfindable(erased: frozenset[AccountId], workers: Workers, perform: Perform) -> int:
    """Delete the items of Challenges that name an erased account; returns how many.

    They would expire within days, and no code uses them for an account that does not exist.

    Raises:
        Unavailable: Challenges does not answer.
    """

    def delete(segment: Segment) -> int:
        deleted = 0
        for keys in store.items_of(erased, Table.CHALLENGES, segment):
            perform(partial(store.delete, keys))
            deleted += len(keys)
        return deleted

    return sum(workers.on_segments(delete)) if erased else 0


# What stays there outlives the account on purpose, and names it by its random id or not at all.
NOT_COUNTED: Mapping[Table, str] = {
    Table.RIGHTS: "requests prove how they were answered (ADR 30)",
    Table.HELD: "a law or a hold keeps it, under another id (ADR 31)",
    Table.LEDGER: "evidence, under random ids (ADR 30)",
}
COUNTED = tuple(table for table in Table if table not in NOT_COUNTED)


def count_survivors(erased: frozenset[AccountId], workers: Workers) -> dict[Table, int]:
    """Count the items that name an erased account, by table; no table is read if no account is erased.

    Raises:
        Unavailable: a table does not answer.
    """
    if not erased:
        return dict.fromkeys(COUNTED, 0)
    return {table: sum(workers.on_segments(partial(_count, erased, table))) for table in COUNTED}


def _count(erased: frozenset[AccountId], table: Table, segment: Segment) -> int:
    return sum(len(keys) for keys in store.items_of(erased, table, segment))
