"""The point of no return of an erasure, the steps that follow it at once, and the last step.

One transaction captures the inputs of the later steps, takes the guards of the subject's other rights, ends
the account and writes the pending tombstone. It requires the version of the request that a cancellation would
change, and an account that is frozen for this request. So a live account is never deleted.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.accounts import service as accounts
from chalicelib.accounts.bars import service as bars
from chalicelib.accounts.model import ClaimedValues
from chalicelib.accounts.push_tokens import service as push_tokens
from chalicelib.accounts.service import OPEN_ACCOUNT, UsedAgain, last_uses
from chalicelib.consents.service import PURPOSES
from chalicelib.core import clock, needs
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.errors import NotFound
from chalicelib.core.ids import AccountId, HeldId, RightsRequestId, TombstoneId
from chalicelib.core.sealing import skip_unreadable
from chalicelib.core.transactions import Write
from chalicelib.messages.suppressions import service as suppressions
from chalicelib.messages.suppressions.model import DIRECT_MARKETING, Addresses
from chalicelib.privacy.periods import Period
from chalicelib.privacy.purposes import Purpose
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.retention.holds import service as holds
from chalicelib.retention.holds.service import HoldsChanged, SubjectHolds
from chalicelib.rights.engine.moves import Move, apply_move
from chalicelib.rights.engine.step import Done, ErasureJob, Outcome, Step, Stop, Wait
from chalicelib.rights.erasure import right, tombstones
from chalicelib.rights.erasure import store as erasures
from chalicelib.rights.erasure.freeze import until_reread
from chalicelib.rights.erasure.idle import closings
from chalicelib.rights.erasure.inputs import (
    KEPT_AHEAD,
    InputsGone,
    ensure_inputs,
    inputs_from,
    read_with_profile,
)
from chalicelib.rights.erasure.store import OthersAreOpen
from chalicelib.rights.erasure.tombstones import Tombstone
from chalicelib.rights.intake import record
from chalicelib.rights.request import files, number_change, states, store
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import DeletionPlace, ErasureNotes
from chalicelib.rights.request.states import TooLate
from chalicelib.rights.request.terms import ReceivedBy, Right, Status
from chalicelib.rights.request.waits import WaitReason
from chalicelib.safety.decisions import service as decisions


def _capture(job: ErasureJob) -> Outcome:
    """Pass the point of no return, once no other request is open and no copy waits for its subject."""
    request, notes = job.request, job.notes
    if notes.captured_at:
        return Done()
    held_by = holds.of_subject(request.account_id)
    if (
        wait := _cancel_if_it_stays(request)
        or _number_waits(request)
        or _copies_wait(job)
        or _others_wait(job)
        or _confirmation_waits(job, held_by)
    ):
        return wait
    account, profile = read_with_profile(request, OPEN_ACCOUNT)
    if account is None:
        return Stop("account_missing")
    now = clock.now()
    captured = replace(notes, captured_at=now, tombstone=TombstoneId.new(), held=HeldId.new())
    inputs = inputs_from(request, account, profile)
    after = request.model_copy(update={"notes": captured, "pinned_until": now + KEPT_AHEAD})
    try:
        job.move(
            after,
            "captured",
            erasures.keeping_inputs(inputs),
            accounts.ending(request.account_id, request.request_id),
            tombstones.pending_write(tombstone_of(request, captured)),
            *erasures.guard_writes(request.account_id, request.request_id),
            holds.closing(held_by, request.request_id),
            *_unused(request),
        )
    except (OthersAreOpen, HoldsChanged):
        return Wait(until_reread(now), WaitReason.CHANGED_MEANWHILE)
    except UsedAgain:
        closings.cancel(request.account_id, request.request_id)
        return _USED_AGAIN
    return Done()


# After a cancellation, any wait: the engine cannot write it over the cancelled request.
_USED_AGAIN = Wait(HOUR, WaitReason.USED_AGAIN)


def _cancel_if_it_stays(request: RightsRequest) -> Wait | None:
    """Cancel the erasure of an idle account, if there is a reason to keep the account by now (ADR 36)."""
    ours = request.received_by is ReceivedBy.INACTIVITY
    if not ours or not closings.has_reason_to_stay(request.account_id, request.request_id):
        return None
    closings.cancel(request.account_id, request.request_id)
    return _USED_AGAIN


def _unused(request: RightsRequest) -> list[Write]:
    """The condition that an idle account was not used since its owner was warned."""
    return [last_uses.unused(request.account_id)] if request.received_by is ReceivedBy.INACTIVITY else []


def _number_waits(request: RightsRequest) -> Wait | None:
    """The wait after a change of the account's number; None if none is needed."""
    left = number_change.time_to_wait(request.account_id, request.received_by)
    return Wait(left, WaitReason.NUMBER_CHANGED) if left else None


def _others_wait(job: ErasureJob) -> Wait | None:
    """The wait for the subject's other open requests; None if there is none.

    A day before the erasure is due they are closed, since the data that they concern will be deleted.
    """
    request, now = job.request, clock.now()
    others = store.open_requests_of(request.account_id)
    others.pop(Right.ERASURE, None)
    if not others:
        return None
    if now < request.clock.due_at(now) - DAY:
        return Wait(until_reread(job.notes.grace_ends_at or now), WaitReason.OTHER_REQUESTS)
    for other in others.values():
        _give_up(other)
    return Wait(until_reread(now), WaitReason.OTHER_REQUESTS)


def _give_up(other: RightsRequestId) -> None:
    """Close another request, unless its copy is being sent to a controller: its answer follows in minutes."""

    def given_up(found: RightsRequest) -> Move | None:
        if not found.is_open:
            return None
        states.check_open(found)
        return record.closing_move(found, Status.CANCELLED, "given_up_for_erasure")

    with suppress(TooLate, NotFound):
        apply_move(other, None, given_up)


def _confirmation_waits(job: ErasureJob, held_by: SubjectHolds) -> Wait | None:
    """The wait for a second operator to confirm a hold; None if no hold awaits that.

    A day before the erasure is due it goes on: the hold then keeps records until its 72 hours end.
    """
    now = clock.now()
    due = job.request.clock.due_at(now) - DAY
    if now >= due or not any(hold.awaits_confirmation(now) for hold in held_by.holds):
        return None
    left = min(until_reread(job.notes.grace_ends_at or now), due - now)
    return Wait(left, WaitReason.HOLD_UNCONFIRMED)


def _copies_wait(job: ErasureJob) -> Wait | None:
    """The wait for copies that the subject can fetch; None if none, or if the subject waived that."""
    if job.notes.waives_grace:
        return None
    now = clock.now()
    record = [files.fetched_or_expired_at(copy) for copy in store.copies_of(job.request.account_id)]
    left = max((end - now for end in record), default=timedelta())
    return Wait(min(left, HOUR), WaitReason.COPY_TO_FETCH) if left > timedelta() else None


def tombstone_of(request: RightsRequest, notes: ErasureNotes) -> Tombstone:
    """The tombstone of an erasure.

    Raises:
        InputsGone: the erasure has not passed its point of no return.
    """
    if notes.tombstone is None:
        raise InputsGone
    return Tombstone(
        tombstone_id=notes.tombstone,
        account_id=request.account_id,
        user_id=request.user_id,
        request_id=request.request_id,
        captured_at=notes.captured_at or clock.now(),
        held_id=notes.held,
    )


def _record_tombstone(job: ErasureJob) -> Outcome:
    """Write the pending tombstone to the locked bucket: a restored Ledger lacks later entries."""
    tombstones.keep(tombstone_of(job.request, job.notes))
    return Done()


def _quarantine(job: ErasureJob) -> Outcome:
    """Take the account off its claims. A later sign-up with the number creates a new account."""
    request, now = job.request, clock.now()
    captured = ensure_inputs(request)
    until = job.notes.claims_until or Period.QUARANTINE.ends(now)
    barred_until = decisions.barred_until(request.account_id) if captured.phone else None
    if barred_until and captured.phone:  # before the claim is released
        bars.place_on_number(captured.phone, barred_until)
    suppressed_until = _leave_suppressions(job, Addresses(captured.phone, captured.email))
    values = ClaimedValues(
        request.account_id, captured.phone, request.user_id, captured.email, captured.username
    )
    # The row of the tokens lists their claims. It is deleted later, and no token is registered any more.
    released = {
        "claim": accounts.release_claims(values, until),
        "push_claim": push_tokens.release_claims(request.account_id),
    }
    counts = {kind: number for kind, number in released.items() if number}
    notes = job.notes.with_deleted(DeletionPlace.CLAIMS, counts, now)
    notes = replace(notes, barred_until=barred_until, suppressed_until=suppressed_until)
    return Done(notes=replace(notes, claims_until=until))


def _leave_suppressions(job: ErasureJob, addresses: Addresses) -> datetime | None:
    """Keep the objection to direct marketing by keyed hashes (RGT-6); returns until when, if there is one.

    It comes before the claims are released: until then no other account can have the addresses.
    """
    since = job.notes.captured_at or clock.now()
    objected = _objected_marketing(job.request.account_id)
    return Period.SUPPRESSION.ends(since) if suppressions.leave(addresses, objected, since) else None


def _objected_marketing(account_id: AccountId) -> list[Purpose]:
    """The purposes of direct marketing to which an account objects; all if its decisions cannot be read."""
    (row,) = needs.read_accounts([account_id], (PURPOSES, DATA_KEY))
    with skip_unreadable("purposes_unreadable"):
        decisions = row[PURPOSES]
        return [purpose for purpose in DIRECT_MARKETING if decisions and purpose in decisions.objected]
    return list(DIRECT_MARKETING)


def _forget(job: ErasureJob) -> Outcome:
    """Write the final tombstone to the locked bucket, and delete the inputs and the guards."""
    request, tombstone = job.request, tombstone_of(job.request, job.notes)
    closed_at = request.closed_at or clock.now()  # earlier than the capture if a clock jumped back
    tombstones.keep_final(tombstone, max(closed_at, tombstone.captured_at))
    erasures.delete_inputs(request.request_id)
    erasures.delete_guards(request.account_id, request.request_id)
    holds.forget_closed(request.account_id, request.request_id)
    return Done()


CAPTURE = Step(right.CAPTURE, _capture)
RECORD_TOMBSTONE = Step(right.RECORD_TOMBSTONE, _record_tombstone)
QUARANTINE = Step(right.QUARANTINE, _quarantine)
FORGET = Step(right.FORGET, _forget)
