"""Deletes withdrawn data, appends owed events and renews evidence, shard by shard of the index `renewal`.

A schedule finds the shards with accounts that are due, and sends a message for each, which names no account.
A worker leases the shard and processes its accounts until none is left or its time is up. A shard that is
left unfinished is sent again by the next schedule, a finished one after an hour: accounts that cannot be
processed stay due, and must not be read every five minutes. Several messages about one shard may wait; one
that finds its shard leased or empty changes nothing.

For each account, deletion comes first, so that a history that was tampered with cannot delay it. One
transaction then renews the account and moves it to its next date in the index. A run may therefore stop
anywhere: the next run continues with the accounts that are still due. The lease only saves work: two
parallel runs renew each account once. An account that cannot be renewed (an unreadable record, altered or
missing evidence) is counted and does not delay the others.

Withdrawn data is deleted here, not in the request (RGT-7, ADR 28). The write of a withdrawal adds the
purpose to `to_delete`. From then on its data is neither used nor shown (`has_lapsed` of privacy/purposes).
The job deletes the data in slices, and removes the purpose from `to_delete` when nothing is left. If a
decision is made in between, the purpose stays there, and the next run decides again.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.accounts.model import Account
from chalicelib.accounts.service import OPEN_ACCOUNT
from chalicelib.consents import evidence, store
from chalicelib.consents.evidence import EvidenceMissing
from chalicelib.consents.model import SETTLE, Purposes, RenewalProgress
from chalicelib.consents.store import DUE_AT, PURPOSES
from chalicelib.core import chain, clock, needs
from chalicelib.core.batches import batched
from chalicelib.core.chain import Unreadable
from chalicelib.core.clock import HOUR, MINUTE
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import AccountId
from chalicelib.core.needs import Found
from chalicelib.core.queues import DueShards
from chalicelib.core.sealing import SealingError
from chalicelib.privacy import lapses, leases
from chalicelib.privacy.leases import SHARD_LEASE, LeaseTaken
from chalicelib.privacy.purposes import Purpose, Refusal, refusal
from chalicelib.privacy.subject_keys import DATA_KEY, SubjectKeys

# The kinds of an account's records that a hold keeps at an instant.
HeldKinds = Callable[[AccountId, datetime], frozenset[str]]

_UNTIL_NEXT_RUN = HOUR
# Accounts per batched read, which takes 100 items: three per account.
_ACCOUNTS_PER_READ = 33
# The time that a run spends on one account at most, so that a large account does not delay the others.
_SLICE: timedelta = 3 * MINUTE


@dataclass
class RenewalRun:
    """Counts of one run: accounts renewed, accounts failed, items of withdrawn consents deleted."""

    renewed: int = 0
    failed: int = 0
    deleted: int = 0
    complete: bool = False  # whether all accounts of the shard that were due were processed


def due_shards() -> DueShards:
    """Find the shards with accounts that are due, unless they are leased or were finished within an hour.

    Raises:
        Unavailable: a table does not answer.
    """
    now = clock.now()
    progress = store.RENEWING.read(store.SHARDS)
    free = (shard for shard in store.SHARDS if _is_free(progress.get(shard), now))
    due = [(shard,) for shard in free if store.has_due(shard, now)]
    return DueShards.of(due, {(shard,): one for shard, one in progress.items()}, now)


def renew_shard(shard: str, until: datetime, held_kinds: HeldKinds) -> RenewalRun | None:
    """Process the due accounts of a shard, until an instant; a later run continues.

    `held_kinds` reads the kinds of an account's records that a hold keeps.

    Return None if there is no such shard, another worker has the lease, or the shard is finished.

    Raises:
        Unavailable: a table does not answer, and no account was processed. The lease ends by itself.
    """
    if shard not in store.SHARDS:
        return None
    found, now = store.RENEWING.read((shard,)).get(shard), clock.now()
    if not _is_free(found, now):
        return None
    try:
        leased = store.RENEWING.lease(shard, found, now + SHARD_LEASE)
    except LeaseTaken:
        return None
    run = _renew_due(shard, now, until, held_kinds)
    with suppress(LeaseTaken):  # this worker lost its lease, which changes nothing that it has done
        store.RENEWING.save(shard, leased, leased_until=None, done_as_of=now if run.complete else None)
    return run


def _is_free(progress: RenewalProgress | None, now: datetime) -> bool:
    """Return whether a worker may lease a shard: it is not leased, and was not finished within an hour."""
    if progress is None:
        return True
    if leases.is_leased(progress.leased_until, now + SHARD_LEASE):
        return False
    done = progress.done_as_of
    # An instant in the future was set by a clock that had jumped ahead.
    return not (done and done <= now < done + _UNTIL_NEXT_RUN)


def _renew_due(shard: str, now: datetime, until: datetime, held_kinds: HeldKinds) -> RenewalRun:
    """Process accounts that are due now, until an instant: delete data, append events, renew evidence.

    An account that fails, also because DynamoDB throttles it, does not delay the others: it is counted, and
    a later run processes it again.

    Raises:
        Unavailable: a table does not answer, and no account was processed.
    """
    run, outage = RenewalRun(), None
    batches = batched(store.due(shard, now), _ACCOUNTS_PER_READ)
    while clock.now() < until:
        batch = next(batches, None)
        if batch is None:
            run.complete = outage is None
            break
        for found in needs.read_accounts(batch, (OPEN_ACCOUNT, PURPOSES, DUE_AT, DATA_KEY)):
            try:
                _process_account(found, now, until, run, held_kinds)
            except (SealingError, Unreadable, EvidenceMissing):
                run.failed += 1
            except Unavailable as unavailable:
                run.failed, outage = run.failed + 1, unavailable
    if outage and not (run.renewed or run.deleted):
        raise outage
    return run


def _process_account(
    found: Found, now: datetime, until: datetime, run: RenewalRun, held_kinds: HeldKinds
) -> None:
    """Process one account and add to the counts of the run; skip an account that is erased."""
    account, purposes = found[OPEN_ACCOUNT], found[PURPOSES]
    if account is None or purposes is None:
        return
    keys, due_at = found[DATA_KEY], found[DUE_AT]
    if purposes.to_delete:
        purposes, deleted = _delete_left(purposes, keys, found.read_at, until, held_kinds)
        run.deleted += deleted
        due_at = evidence.renew_at(purposes)  # the stored instant may be that of the deletion
    if due_at and due_at <= now:  # else withdrawn or renewed since the index listed it
        run.renewed += _renew(account, purposes, keys, now)


def _renew(account: Account, before: Purposes, keys: SubjectKeys, now: datetime) -> bool:
    """Append owed events, else renew evidence; return False if a concurrent decision came first."""
    history = evidence.chain_of(account.pseudonym)
    if before.owed:  # evidence that has to be renewed as well stays due, and the next run renews it
        changes: dict[str, object] = {"owed": ()}
        entry = evidence.entry(before.owed, now)
    else:
        changes = {"carried_over_at": now}
        entry = evidence.carried_over(before, chain.newest_first(history), now)
    after = before.model_copy(update={**changes, "version": before.version + 1})
    with suppress(store.DecidedMeanwhile):  # the next run reads the new state
        store.record(before, after, keys, history, entry)
        return True
    return False


def _delete_left(
    before: Purposes, keys: SubjectKeys, read_at: datetime, deadline: datetime, held_kinds: HeldKinds
) -> tuple[Purposes, int]:
    """Delete data of withdrawn consents until a slice of time or the run ends.

    Return the current decisions and the number of deleted items.

    Args:
        before: The decisions as they were read.
        keys: The account's data keys.
        read_at: An instant before they were read.
        deadline: When the run ends.
        held_kinds: Reads the kinds that a hold keeps from deletion.

    Raises:
        Unavailable: a table does not answer; the next run continues.
    """
    settled = [purpose for purpose, at in before.to_delete.items() if at + SETTLE <= read_at]
    # Restricted data may only be stored (Art. 18(2) GDPR).
    due = [purpose for purpose in settled if refusal(before, purpose) is not Refusal.RESTRICTED]
    held = held_kinds(before.account_id, clock.now()) if due else frozenset[str]()
    items, done, deadline = 0, set[Purpose](), min(deadline, clock.now() + _SLICE)
    for purpose in due:
        # A consent that was given again covers the data stored since.
        older_than = before.consented.get(purpose, read_at)
        deleted = lapses.delete(before.account_id, purpose, older_than, deadline, held)
        items += deleted.items
        if not deleted.complete:
            break
        done.add(purpose)
    if not done:
        return before, items
    left = {purpose: at for purpose, at in before.to_delete.items() if purpose not in done}
    after = before.model_copy(update={"to_delete": left, "version": before.version + 1})
    with suppress(store.DecidedMeanwhile):  # the next run reads the new decision
        store.keep(before, after, keys)
        return after, items
    return before, items
