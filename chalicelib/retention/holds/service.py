"""The rules of holds: place, confirm, lift, list (RET-3, ADR 31).

Invariants:

- A hold has an end, at most two years ahead. It is in force at once for 72 hours, and until its end once a
  second operator confirms it. If another hold on the subject was never confirmed, a new one is in force only
  once it is confirmed: one person cannot keep data longer than 72 hours.
- The person who confirms a hold is never the one who placed it. The person who approves its lifting is never
  the one who proposed that.
- From the point of no return of an erasure on, no hold on the subject is placed or confirmed. It may be
  lifted: that only shortens what is kept.
- Each change is one transaction with its evidence.

Failures: a repeated call with the same content by the same operator returns the hold that the first one
made, and a repeated confirmation or lifting changes nothing.
"""

from datetime import datetime

from chalicelib.accounts.service import AccountGone, not_erasing, read_by_user
from chalicelib.core import clock, metrics
from chalicelib.core.clock import DAY
from chalicelib.core.errors import does_not_apply, existing
from chalicelib.core.ids import AccountId, HoldId, StaffId
from chalicelib.core.metrics import Metric
from chalicelib.core.transactions import Conflict, commit, retry_on
from chalicelib.privacy import register
from chalicelib.privacy.cases import RecordPage
from chalicelib.privacy.plans import holdable
from chalicelib.retention.holds import store
from chalicelib.retention.holds.store import (  # noqa: F401 - offered to other rooms
    HoldsChanged,
    SubjectHolds,
    closing,
    forget_closed,
    of_subject,
)
from chalicelib.retention.model import UNCONFIRMED, Hold, HoldEnded, HoldsClosed, NewHold, NotDisclosed
from chalicelib.staff.cases import CaseMove, Cases, check_second, staff_move
from chalicelib.staff.disclosures import service as disclosures
from chalicelib.staff.model import OwnProposal

LONGEST = 731 * DAY  # two years, one of which may be a leap year
PAGE = 100

HOLDS = Cases(store.HOLDS)


def unended(account_id: AccountId) -> tuple[Hold, ...]:
    """The holds of a subject that have not ended, oldest first.

    Raises:
        SealingError: as for `of_subject`.
    """
    now = clock.now()
    return tuple(hold for hold in store.of_subject(account_id).holds if hold.ends_at > now)


def kinds_held(account_id: AccountId, now: datetime) -> frozenset[str]:
    """The kinds of a subject's records that a hold keeps at an instant.

    Raises:
        SealingError: as for `of_subject`.
    """
    in_force = (hold for hold in store.of_subject(account_id).holds if hold.is_in_force(now))
    return frozenset(kind for hold in in_force for kind in hold.kinds)


@retry_on(Conflict)
def place(by: StaffId, new: NewHold) -> Hold:
    """Place a hold on records of a subject.

    Raises:
        InvalidRequest: an end that is past or too far ahead, a secrecy that outlasts the hold, or a kind of
            record that cannot be held; a secrecy other than that of the disclosure.
        NotFound: no account has this user id, or its erasure is past the point of no return.
        HoldsClosed: an erasure passes its point of no return at the same time.
        NotDisclosed: the disclosure that it serves is not on record, or not approved.
        Unavailable: another hold of the subject was changed in every try.
    """
    now = clock.now()
    _check(new, now)
    account, _ = read_by_user(new.user_id)
    account_id = account.account_id
    _check_disclosure(account_id, new)
    known = store.of_subject(account_id)
    if same := next((hold for hold in known.holds if _is_same(hold, by, new)), None):
        return same
    if known.closed_by:
        raise HoldsClosed
    hold = _hold(account_id, by, new, now, known)
    try:
        placing = store.HOLDS.creation(hold, "placed", by, _said(hold))
        commit(*placing, store.counting(known, hold.ends_at), not_erasing(account_id))
    except AccountGone:
        raise HoldsClosed from None
    metrics.count(Metric.HOLD_PLACED)
    return hold


def _check(new: NewHold, now: datetime) -> None:
    if not now < new.until <= now + LONGEST:
        raise does_not_apply("until", "An instant within the next two years")
    if new.secret_until and not now < new.secret_until <= new.until:
        raise does_not_apply("secret_until", "An instant before the end of the hold")
    known = holdable(register.records())
    if not set(new.kinds) <= set(known) or len(set(new.kinds)) != len(new.kinds):
        raise does_not_apply("kinds", f"Each once, of: {', '.join(known)}")


def _check_disclosure(account_id: AccountId, new: NewHold) -> None:
    """Check that the disclosure is approved, and that neither it nor the hold reveals the other."""
    if new.disclosure_id is None:
        return
    served = existing(disclosures.approved(account_id, new.disclosure_id), NotDisclosed)
    secret_until = served.secret_until if served.is_secret(clock.now()) else None
    if secret_until != new.secret_until:
        until = clock.to_text(secret_until) if secret_until else "not secret"
        raise does_not_apply("secret_until", f"As that of the disclosure: {until}")


def _hold(account_id: AccountId, by: StaffId, new: NewHold, now: datetime, known: SubjectHolds) -> Hold:
    waits = any(map(_was_in_force_alone, known.holds))
    return Hold(
        hold_id=HoldId.new(),
        account_id=account_id,
        **dict(new),
        placed_by=by,
        placed_at=now,
        in_force_from=None if waits else now,
        ends_at=min(new.until, now + UNCONFIRMED),
    )


def _was_in_force_alone(hold: Hold) -> bool:
    """Return whether one operator put a hold in force, and no second one has confirmed it so far."""
    return hold.confirmed_by is None and hold.in_force_from is not None


def _is_same(hold: Hold, by: StaffId, new: NewHold) -> bool:
    """Return whether a hold is the one that an earlier call with the same content placed."""
    given = hold.model_dump(include=set(NewHold.model_fields))
    return hold.placed_by == by and given == new.model_dump() and hold.ends_at > clock.now()


@staff_move(HOLDS.apply)
def confirm(hold: Hold, by: StaffId) -> CaseMove[Hold] | None:
    """Confirm another operator's hold; it is then in force until its end.

    Raises:
        OwnProposal: this operator placed it.
        HoldEnded: its 72 hours have passed, or it was lifted.
        HoldsClosed: as for `place`.
    """
    check_second(by, hold.placed_by)
    if hold.confirmed_by:
        return None
    now = clock.now()
    if not hold.awaits_confirmation(now):
        raise HoldEnded
    known = store.of_subject(hold.account_id)
    if known.closed_by:
        raise HoldsClosed
    began = hold.in_force_from or now
    after = hold.model_copy(update={"confirmed_by": by, "in_force_from": began, "ends_at": hold.until})
    return _moved(after, "confirmed", known)


@staff_move(HOLDS.apply)
def propose_lift(hold: Hold, by: StaffId) -> CaseMove[Hold] | None:
    """Propose to lift a hold before its end. The operator who placed an unconfirmed hold lifts it at once.

    Raises:
        HoldEnded: it has ended already.
    """
    if hold.lifted_by == by or hold.lift_proposed_by:
        return None
    if hold.ends_at <= clock.now():
        raise HoldEnded
    if hold.confirmed_by is None and hold.placed_by == by:
        return _lifting(hold, by)
    after = hold.model_copy(update={"lift_proposed_by": by})
    return _moved(after, "lift_proposed", store.of_subject(hold.account_id))


@staff_move(HOLDS.apply)
def lift(hold: Hold, by: StaffId) -> CaseMove[Hold] | None:
    """Lift a hold whose lifting another operator proposed.

    Raises:
        OwnProposal: this operator proposed the lifting, or no operator did.
        HoldEnded: as for `propose_lift`.
    """
    if hold.lifted_by:
        return None
    if hold.ends_at <= clock.now():
        raise HoldEnded
    if hold.lift_proposed_by is None:
        raise OwnProposal
    check_second(by, hold.lift_proposed_by)
    return _lifting(hold, by)


def _lifting(hold: Hold, by: StaffId) -> CaseMove[Hold]:
    after = hold.model_copy(update={"lifted_by": by, "ends_at": clock.now()})
    return _moved(after, "lifted", store.of_subject(hold.account_id))


def _moved(after: Hold, event: str, known: SubjectHolds) -> CaseMove[Hold]:
    """A change of a hold. It also counts as one of the subject's holds, unless an erasure has closed them."""
    counting = () if known.closed_by else (store.counting(known, after.ends_at),)
    return CaseMove(after, event, _said(after), counting)


def _said(hold: Hold) -> dict[str, object]:
    return {
        "kinds": list(hold.kinds),
        "ground": hold.ground,
        "until": clock.to_text(hold.until),
        "secret": int(hold.secret_until is not None),
    }


def listed(by: StaffId) -> RecordPage[Hold, HoldId]:
    """The holds that have not ended, by their end; at most `PAGE`. The view is recorded.

    Raises:
        Unavailable: the view cannot be recorded now.
    """
    page = unended_page()
    HOLDS.record_page(page, by)
    return page


def unended_page() -> RecordPage[Hold, HoldId]:
    """The holds that have not ended, as `listed`; the caller records the view."""
    return store.ending_after(clock.now(), PAGE)
