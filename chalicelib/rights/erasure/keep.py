"""Step `keep_held`: moves what a law or a hold keeps to the table Held, before anything is deleted (ADR 31).

The step is run again whenever the second pass finds a late write. The holds cannot change any more, but they
may have lapsed since the point of no return: what no hold keeps any more is not moved, and so deleted.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from chalicelib.accounts.avatars import service as avatars
from chalicelib.accounts.avatars.model import Avatar
from chalicelib.accounts.avatars.service import AVATAR
from chalicelib.core import clock, metrics, needs
from chalicelib.core.clock import MINUTE
from chalicelib.core.ids import AccountId, HeldId, HoldId
from chalicelib.core.metrics import Metric
from chalicelib.people.contacts import counterparts
from chalicelib.people.conversations.endings import leave_conversations_of_kept
from chalicelib.privacy import codec
from chalicelib.privacy.personal import Record
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.retention.held import service as held
from chalicelib.retention.held.model import HeldRecord
from chalicelib.retention.held.service import keep_reasons, statute
from chalicelib.retention.holds import service as holds
from chalicelib.retention.model import Hold, HoldGround
from chalicelib.rights.engine.step import WHOLE_RUN, Done, ErasureJob, Outcome, Step, Wait
from chalicelib.rights.erasure import right
from chalicelib.rights.erasure.statement import OpenRecords
from chalicelib.rights.request.model import KeptData
from chalicelib.rights.request.notes import DeletionPlace, ErasureNotes
from chalicelib.rights.request.terms import Status
from chalicelib.rights.request.waits import WaitReason
from chalicelib.staff.disclosures import service as disclosures

_SLICE = 8 * MINUTE
_DELETED_TOGETHER = 100
_MORE = Wait(0 * MINUTE, WaitReason.MORE_RECORDS)


def _keep_held(job: ErasureJob) -> Outcome:
    """Move the records, and note on the request what is kept."""
    request, notes, now = job.request, job.notes, clock.now()
    held_id = notes.held
    if held_id is None:  # captured by an earlier version
        held_id = HeldId.new()
        job.note(replace(notes, held=held_id))
    known = holds.of_subject(request.account_id).holds
    kinds, deadline = frozenset(keep_reasons(known, now)), now + _SLICE
    if not counterparts.leave_others_of_kept(request.account_id, request.user_id, kinds, deadline):
        return _MORE
    if not leave_conversations_of_kept(request.account_id, kinds, deadline):
        return _MORE
    (row,) = needs.read_accounts([request.account_id], (AVATAR, DATA_KEY))
    if Avatar.declaration.kind in kinds:  # before its record, which names the picture
        avatars.keep_held(row[AVATAR], held_id)
    run = held.keep(request.account_id, held_id, keep_reasons(known, now), row[DATA_KEY], now + _SLICE)
    metrics.count(Metric.HELD_UNREADABLE, run.unreadable)
    if run.moved or run.unreadable:
        job.note(_counted(job.notes, run, clock.now()))
    if not run.complete:
        return _MORE
    kept = settle(held_id, known, now)
    job.request = job.request.model_copy(update={"kept": kept})  # stored with the outcome
    return Done(counts={"kept": len(kept)})


def _counted(notes: ErasureNotes, run: held.KeepRun, now: datetime) -> ErasureNotes:
    """The notes after a run. A moved record was deleted from its table, so it counts as deleted there.

    If it did not, a certificate that lacks a kind which every account has would reveal a secret hold.
    """
    for (table, kind), number in run.moved.items():
        notes = notes.with_deleted(DeletionPlace.of_table(table), {kind: number}, now)
    return replace(notes, unreadable=notes.unreadable + run.unreadable)


def kinds_kept(account_id: AccountId, now: datetime) -> frozenset[str]:
    """The kinds of a subject's records that have to be kept now."""
    return frozenset(keep_reasons(holds.of_subject(account_id).holds, now))


def settle(held_id: HeldId, known: Iterable[Hold], now: datetime) -> tuple[KeptData, ...]:
    """Delete what no reason keeps any more; return what is kept: a line for each kind and reason.

    It may be repeated.
    """
    by_id = {hold.hold_id: hold for hold in known}
    lines, lapsed = Counter[KeptData](), list[HeldRecord]()
    for record in held.held_records(held_id):
        reasons = list(_lines(record, by_id, now))
        lines.update(reasons)
        if not reasons:
            lapsed.append(record)
        if len(lapsed) == _DELETED_TOGETHER:
            held.delete(lapsed)
            lapsed = []
    held.delete(lapsed)
    counted = (line.model_copy(update={"count": number}) for line, number in lines.items())
    return tuple(sorted(counted, key=lambda line: (line.kind, line.until)))


def answer_for(kept: Iterable[KeptData]) -> Status:
    """The answer to an erasure: a partial one while a hold keeps something."""
    return Status.PARTIALLY_COMPLETED if any(line.hold for line in kept) else Status.COMPLETED


def open_records(account_id: AccountId, known: Iterable[Hold], now: datetime) -> OpenRecords:
    """Until when records about disclosures and holds are kept that may be disclosed now."""
    disclosed = disclosures.of_subject(account_id)
    holding = [hold for hold in known if hold.in_force_from]
    ends = [*(one.secret_until for one in disclosed), *(one.secret_until for one in holding)]
    secrets = [end for end in ends if end]
    return OpenRecords(
        disclosures_until=_latest(one for one in disclosed if not one.is_secret(now)),
        holds_until=_latest(hold for hold in holding if not hold.is_secret(now)),
        more_at=min((at for at in secrets if at > now), default=None),
    )


def _latest(records: Iterable[Record]) -> datetime | None:
    return max(filter(None, map(codec.expires_at, records)), default=None)


def _lines(record: HeldRecord, holds_by_id: Mapping[HoldId, Hold], now: datetime) -> Iterator[KeptData]:
    if record.statutory_until and record.statutory_until > now:
        law = statute(record.of)
        yield KeptData(kind=record.of, count=0, law=law, ground=HoldGround.LAW, until=record.statutory_until)
    for hold_id in record.holds:
        hold = holds_by_id.get(hold_id)
        if hold is None and record.until > now:
            yield _line_of_lost_hold(record, hold_id)
        elif hold and hold.is_in_force(now):
            yield KeptData(
                kind=record.of,
                count=0,
                law=hold.law,
                ground=hold.ground,
                hold=hold_id,
                until=hold.ends_at,
                secret_until=hold.secret_until if hold.is_secret(now) else None,
            )


def _line_of_lost_hold(record: HeldRecord, hold_id: HoldId) -> KeptData:
    """A hold that a restored table lacks keeps the record until its end; it may be secret."""
    return KeptData(
        kind=record.of,
        count=0,
        law="a hold whose record was lost",
        ground=record.ground,
        hold=hold_id,
        until=record.until,
        secret_until=record.until,
    )


KEEP_HELD = Step(right.KEEP_HELD, _keep_held, lease=WHOLE_RUN)
