"""Repeats what a restored backup lacks, part by part, and reports each part (ADR 32).

The parts come in this order:

1. marks: the erasures to repeat
2. holds and requests, if Rights is restored: what came after the backup, then the requests of the marks
3. accounts: claims, partitions and keys of erased accounts, which first get the number and mailbox that they
   had last: what an erasure leaves is about these. Requests come before, since the later steps of an
   unfinished erasure need inputs that are read from the account
4. owners, if Accounts or Claims is restored: numbers, mailboxes, languages, disputes and claims (ADR 66)
5. freezes, if Accounts or Rights is restored
6. sessions, avatars, withdrawals, restrictions and objections, if Accounts is restored
   objections to direct marketing, if Accounts or Claims is restored
7. requests that a restored Rights lacks; breaches and complaints that it lacks or has in an older state
8. survivors

Each part may be killed and run again. Of an account without a mark, only sessions and guards of requests that
are not open are deleted. Only its avatar, number, mailbox, language, dispute, claims, withdrawals,
restrictions, objections, suppressions, state, revocation of chat tokens, requests and holds change.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from chalicelib.accounts import service as accounts
from chalicelib.accounts.avatars import service as avatars
from chalicelib.accounts.push_tokens import service as push_tokens
from chalicelib.accounts.restored import RecordedChanges
from chalicelib.accounts.sessions import logout
from chalicelib.core import clock
from chalicelib.core.batches import batched
from chalicelib.core.clock import DAY
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.sealing import SealingError
from chalicelib.core.shards import Segment
from chalicelib.core.table_names import Table
from chalicelib.core.transactions import Perform
from chalicelib.operations.breaches.decide import BREACHES
from chalicelib.operations.restore import decisions, erasures, owners
from chalicelib.operations.restore.erasures import Keep
from chalicelib.operations.restore.marks import MARGIN, FoundMarks, find_marks
from chalicelib.operations.restore.owners import OwnerOutcome
from chalicelib.operations.restore.store import Workers
from chalicelib.privacy.cases import CaseTable
from chalicelib.privacy.periods import Period
from chalicelib.retention.holds import recovery
from chalicelib.retention.holds.recovery import HoldOutcome
from chalicelib.rights.complaints.service import COMPLAINTS
from chalicelib.rights.erasure.tombstones import Mark
from chalicelib.rights.request.terms import ReceivedBy
from chalicelib.rights.restored import freezes, requests, restraints
from chalicelib.rights.restored.freezes import FreezeOutcome
from chalicelib.rights.restored.requests import LostRequest, RequestOutcome
from chalicelib.rights.restored.restraints import RestraintOutcome
from chalicelib.safety.decisions import service as safety
from chalicelib.safety.decisions.service import DECISIONS
from chalicelib.safety.numbers import service as numbers
from chalicelib.safety.numbers.service import OBJECTIONS
from chalicelib.safety.reports import service as reports
from chalicelib.safety.reports.service import REPORTS
from chalicelib.staff.disclosures import service as disclosures

# The most requests or accounts that one call reads.
_PAGE = 100

_ODD_HOLDS = frozenset({HoldOutcome.LOST, HoldOutcome.DOUBTFUL})


@dataclass(frozen=True)
class ReplayOrder:
    """What to repeat.

    Attributes:
        at: the instant of the backups; of several, the earliest.
        restored: the tables that were restored.
        keep: moves what a law keeps, before an account is deleted.
        perform: makes the changes, or omits them for a dry run.
        workers: how many threads work.
    """

    at: datetime
    restored: frozenset[Table]
    keep: Keep
    perform: Perform
    workers: Workers


@dataclass(frozen=True)
class ReplayPart:
    """The report of a part: lines with ids and counts. `faults`: what operators have to look at."""

    lines: tuple[str, ...]
    faults: int = 0


def replay(order: ReplayOrder) -> Iterator[ReplayPart]:
    """Repeat what the restored tables lack; yields the report of each part when it is done.

    Raises:
        Unavailable: a service does not answer; the next run continues.
        Conflict: a function changes the tables at the same time; the next run continues.
    """
    found = find_marks(order.at, order.workers)
    erasures.doubt_contradicted(found)
    for tombstone_id in found.unwritten & found.to_repeat.keys():
        requests.write_mark(found.to_repeat[tombstone_id].tombstone, order.perform)
    yield _about_marks(found)
    if Table.RIGHTS in order.restored:
        yield _recover_holds(order)
        yield _restore_requests(order, found)
    changes = RecordedChanges.since(order.at - MARGIN)
    yield _erase(order, found, changes)
    if order.restored & {Table.ACCOUNTS, Table.CLAIMS}:
        yield _settle_owners(order, found, changes)
    if order.restored & {Table.ACCOUNTS, Table.RIGHTS}:
        yield _check_freezes(order, found)
    if order.restored & {Table.ACCOUNTS, Table.CLAIMS}:
        forgotten = sum(order.workers.on_segments(partial(push_tokens.delete_stored, perform=order.perform)))
        yield ReplayPart((f"push tokens and their claims: {forgotten} deleted",))
    if Table.ACCOUNTS in order.restored:
        # All users sign in again: the table has sessions that ended after the backup, and refresh tokens that
        # were used since.
        ended = sum(order.workers.on_segments(partial(logout.end_stored, perform=order.perform)))
        yield ReplayPart((f"sessions: {ended} ended",))
        lost = sum(order.workers.on_segments(partial(avatars.take_off_lost, perform=order.perform)))
        yield ReplayPart((f"avatars: {lost} taken off, whose files are gone",))
        yield _apply_decisions("withdrawals", decisions.apply_withdrawals, order, found)
        yield _apply_restraints(order)
        limited = safety.settle_again(order.workers.on_segments, order.perform)
        yield ReplayPart((f"suspensions and pauses of reports: {limited} accounts compared with decisions",))
    if order.restored & {Table.ACCOUNTS, Table.CLAIMS}:
        yield _apply_decisions("objections to marketing", decisions.apply_objections, order, found)
        lifted = numbers.lift_again(order.perform)
        yield ReplayPart((f"bars of numbers: {lifted} lifted again",))
    if Table.RIGHTS in order.restored:
        yield _list_lost(order, found)
        yield _list_behind(order, "breach", BREACHES.table)
        yield _list_behind(order, "complaint", COMPLAINTS.table)
        yield _list_behind(order, "abuse report", REPORTS)
        yield _list_behind(order, "safety decision", DECISIONS)
        yield _list_behind(order, "number objection", OBJECTIONS)
        for account_id in found.accounts:
            order.perform(partial(reports.forget_reporter, account_id, clock.now() + DAY))
    yield _count_survivors(order, found)


def _about_marks(found: FoundMarks) -> ReplayPart:
    unwritten = len(found.unwritten & found.to_repeat.keys())
    counts = f"{found.listed} in the bucket, {unwritten} only in the Ledger, {len(found.to_repeat)} to repeat"
    doubts = (f"  mark {name}: {doubt}" for name, doubt in found.doubtful.items())
    return ReplayPart((f"marks: {counts}, {len(found.doubtful)} in doubt", *doubts), len(found.doubtful))


def _restore_requests(order: ReplayOrder, found: FoundMarks) -> ReplayPart:
    outcomes, doubtful = Counter[RequestOutcome](), list[RightsRequestId]()

    def note(request_id: RightsRequestId, outcome: RequestOutcome) -> None:
        outcomes[outcome] += 1
        if outcome is RequestOutcome.DOUBTFUL:
            doubtful.append(request_id)

    def remove_orphans(segment: Segment) -> int:
        return requests.remove_orphans(segment, order.perform)

    orphans = sum(order.workers.on_segments(remove_orphans))
    erased = {mark.tombstone.request_id for mark in found.to_repeat.values()}
    for ids in batched(requests.open_in_table(), _PAGE):
        open_ones, unreadable = requests.read_open([one for one in ids if one not in erased])
        for request_id in unreadable:
            note(request_id, RequestOutcome.DOUBTFUL)
        for request in open_ones:
            note(request.request_id, requests.restore_open(request, order.at, order.perform))
    for mark in found.to_repeat.values():
        note(mark.tombstone.request_id, _restore_marked(mark, order))
    counts = (f"  {outcome}: {number}" for outcome, number in sorted(outcomes.items()))
    named = (f"  request {request_id}: in doubt" for request_id in doubtful)
    return ReplayPart((f"requests: {orphans} guards removed", *counts, *named), len(doubtful))


def _restore_marked(mark: Mark, order: ReplayOrder) -> RequestOutcome:
    try:
        return requests.restore_marked(mark, order.at, order.perform)
    except SealingError:
        return RequestOutcome.DOUBTFUL


def _erase(order: ReplayOrder, found: FoundMarks, changes: RecordedChanges) -> ReplayPart:
    erased, deleted = found.accounts, Counter[Table]()
    claims = erasures.release_claims(erased, order.workers, order.perform)
    marks = found.to_repeat.values()
    done = erasures.erase_again(marks, changes, order.keep, order.workers, order.perform)
    deleted[Table.CHALLENGES] = erasures.delete_unfindable(erased, order.workers, order.perform)
    for one in done:
        deleted.update(one.deleted)
    waiting = [one.account_id for one in done if not one.is_erased]
    lost = {one.account_id: one.unreadable for one in done if one.unreadable}
    counts = ", ".join(f"{table} {number}" for table, number in sorted(deleted.items()) if number)
    lines = (
        f"claims: {claims} moved to quarantine",
        f"accounts: {len(erased)} with a mark; items deleted: {counts or 'none'}",
        *(f"  account {account_id}: what a law keeps is not kept yet" for account_id in waiting),
        *(f"  account {account_id}: {n} unreadable records, not kept" for account_id, n in lost.items()),
    )
    return ReplayPart(lines, len(waiting) + len(lost))


def _settle_owners(order: ReplayOrder, found: FoundMarks, changes: RecordedChanges) -> ReplayPart:
    done = owners.settle(order.at, changes, found.accounts, order.workers, order.perform)
    counts = ", ".join(f"{outcome} {number}" for outcome, number in sorted(done.numbers.items()))
    named = [f"  account {account_id}: {outcome}" for account_id, outcome in sorted(done.named)]
    faults = sum(outcome is not OwnerOutcome.NUMBERLESS for _, outcome in done.named)
    if Period.RESTORABLE.ends(order.at) < clock.now():
        named.append("  the backup is older than the marks of changes: earlier numbers may be back")
        faults += 1
    return ReplayPart((f"owners: {counts or 'nothing to change'}", *named), faults)


def _recover_holds(order: ReplayOrder) -> ReplayPart:
    """Confirm and lift holds as the Ledger says; report the holds and disclosures that Rights lacks."""
    since = order.at - MARGIN
    outcomes = {hold_id: recovery.recover(hold_id, order.perform) for hold_id in recovery.holds_since(since)}
    odd = {one: outcome for one, outcome in outcomes.items() if outcome in _ODD_HOLDS}
    lost = list(disclosures.lost_since(since))
    numbers = Counter(outcomes.values())
    lines = (
        f"holds: {len(outcomes)} with later entries, {len(lost)} lost disclosures",
        *(f"  {outcome}: {number}" for outcome, number in sorted(numbers.items())),
        *(f"  hold {hold_id}: {outcome}" for hold_id, outcome in odd.items()),
        *(f"  disclosure {disclosure_id}: lost; enter it again" for disclosure_id in lost),
    )
    return ReplayPart(lines, len(odd) + len(lost))


def _check_freezes(order: ReplayOrder, found: FoundMarks) -> ReplayPart:
    erased = found.accounts

    def check(segment: Segment) -> list[tuple[str, FreezeOutcome]]:
        checked: list[tuple[str, FreezeOutcome]] = []
        for page in accounts.glances_in(segment):
            live = (account for account in page if account.frozen and account.account_id not in erased)
            for some in batched(live, _PAGE):
                checked += freezes.check_accounts(some, order.at, order.perform)
        return checked

    outcomes = [one for part in order.workers.on_segments(check) for one in part]
    for ids in batched(requests.open_in_table(), _PAGE):
        open_ones, _ = requests.read_open(ids)
        outcomes += freezes.freeze_again(open_ones, erased, order.perform)
    numbers = Counter(outcome for _, outcome in outcomes)
    odd = {FreezeOutcome.DOUBTFUL, FreezeOutcome.ACCOUNT_MISSING}
    named = (f"  account {account_id}: {outcome}" for account_id, outcome in outcomes if outcome in odd)
    counts = (f"  {outcome}: {number}" for outcome, number in sorted(numbers.items()))
    head = f"freezes: {len(outcomes)} checked"
    return ReplayPart((head, *counts, *named), numbers[FreezeOutcome.DOUBTFUL])


def _apply_decisions(
    what: str, apply: decisions.ApplyToAll, order: ReplayOrder, found: FoundMarks
) -> ReplayPart:
    applied = apply(order.at, found.accounts, order.workers, order.perform)
    named = (f"  account {account_id}: cannot be read" for account_id in applied.unreadable)
    head = f"{what}: applied to {applied.accounts} accounts, {len(applied.unreadable)} cannot be read"
    return ReplayPart((head, *named), len(applied.unreadable))


def _apply_restraints(order: ReplayOrder) -> ReplayPart:
    outcomes = list(restraints.apply_again(order.at - MARGIN, order.perform))
    numbers = Counter(outcome for _, outcome in outcomes)
    counts = (f"  {outcome}: {number}" for outcome, number in sorted(numbers.items()))
    odd = [request_id for request_id, outcome in outcomes if outcome is RestraintOutcome.UNREADABLE]
    named = (f"  request {request_id}: {RestraintOutcome.UNREADABLE}" for request_id in odd)
    return ReplayPart((f"restrictions and objections: {len(outcomes)} checked", *counts, *named), len(odd))


def _list_lost(order: ReplayOrder, found: FoundMarks) -> ReplayPart:
    erased = {mark.tombstone.request_id for mark in found.to_repeat.values()}
    lost = list(requests.lost_since(order.at - MARGIN))
    # The effect of one that was answered at once is in Accounts and Claims.
    has_effects = not order.restored & {Table.ACCOUNTS, Table.CLAIMS}
    ended = [
        one
        for one in lost
        if one.request_id in erased
        or one.is_ended
        or _is_opened_by_us(one)
        or (has_effects and one.history.is_answered_at_once)
    ]
    again = [one for one in lost if one not in ended]
    head = f"lost requests: {len(ended)} answered or closed, {len(again)} to enter again"
    return ReplayPart((head, *map(_about_lost, again)))


def _list_behind(order: ReplayOrder, what: str, cases: CaseTable[Any, Any]) -> ReplayPart:
    """List the cases that Rights lacks, or has in an older state than the Ledger."""
    behind = list(cases.behind_ledger(order.at - MARGIN))
    named = (f"  {what} {case_id}: behind the Ledger; enter what is missing" for case_id in behind)
    return ReplayPart((f"{cases.name}: {len(behind)} behind the Ledger", *named), len(behind))


def _is_opened_by_us(lost: LostRequest) -> bool:
    """Whether no person made the request: the job that closes idle accounts opens it again, or not at all."""
    received = lost.history.received
    return received is not None and received.received_by is ReceivedBy.INACTIVITY


def _about_lost(lost: LostRequest) -> str:
    received = lost.history.received
    if received is None:
        return f"  request {lost.request_id}: its first entry cannot be read"
    said = f"{received.right}, received {clock.to_text(received.received_at)} by {received.received_by}"
    return f"  request {lost.request_id}: {said}"


def _count_survivors(order: ReplayOrder, found: FoundMarks) -> ReplayPart:
    counts = erasures.count_survivors(found.accounts, order.workers)
    total = sum(counts.values())
    by_table = (f"  {table}: {number}" for table, number in counts.items())
    left_out = (f"  {table}: not counted, {why}" for table, why in erasures.NOT_COUNTED.items())
    return ReplayPart((*by_table, *left_out, f"survivors {total}"), total)
