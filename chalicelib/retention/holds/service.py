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

from collections.abc import Callable
from datetime import datetime

from chalicelib.accounts.service import AccountGone, not_erasing, read_by_user
from chalicelib.core import clock, metrics
from chalicelib.core.chain import HeadMoved
from chalicelib.core.clock import DAY
from chalicelib.core.errors import NotFound, Unavailable, does_not_apply
from chalicelib.core.ids import AccountId, HoldId, StaffId
from chalicelib.core.metrics import Metric
from chalicelib.core.transactions import Write, commit
from chalicelib.privacy import register
from chalicelib.privacy.plans import holdable
from chalicelib.retention.holds import store
from chalicelib.retention.holds.store import HoldPage, HoldsChanged, SubjectHolds, closing, forget_closed
from chalicelib.retention.model import UNCONFIRMED, Hold, HoldEnded, HoldsClosed, NewHold, NotDisclosed
from chalicelib.staff import history
from chalicelib.staff.disclosures import service as disclosures
from chalicelib.staff.model import OwnProposal

LONGEST = 731 * DAY  # two years, one of which may be a leap year
_TRIES = 3
PAGE = 100

__all__ = [
    "HoldPage",
    "HoldsChanged",
    "SubjectHolds",
    "closing",
    "confirm",
    "forget_closed",
    "kinds_held",
    "lift",
    "listed",
    "of_subject",
    "place",
    "propose_lift",
    "show",
    "unended",
]


def of_subject(account_id: AccountId) -> SubjectHolds:
    """All holds of a subject in one version, for an erasure and for the upkeep.

    Raises:
        SealingError: a hold cannot be opened, so nothing may be deleted.
    """
    return store.of(account_id)


def unended(account_id: AccountId) -> tuple[Hold, ...]:
    """The holds of a subject that have not ended, oldest first.

    Raises:
        SealingError: as for `of_subject`.
    """
    now = clock.now()
    return tuple(hold for hold in store.of(account_id).holds if hold.ends_at > now)


def kinds_held(account_id: AccountId, now: datetime) -> frozenset[str]:
    """The kinds of a subject's records that a hold keeps at an instant.

    Raises:
        SealingError: as for `of_subject`.
    """
    in_force = (hold for hold in store.of(account_id).holds if hold.is_in_force(now))
    return frozenset(kind for hold in in_force for kind in hold.kinds)


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
    for _ in range(_TRIES):
        known = store.of(account_id)
        if same := next((hold for hold in known.holds if _is_same(hold, by, new)), None):
            return same
        if known.closed_by:
            raise HoldsClosed
        hold = _hold(account_id, by, new, now, known)
        try:
            commit(*store.placing(known, hold, now), store.entry(hold, "placed", by), not_erasing(account_id))
        except AccountGone:
            raise HoldsClosed from None
        except (HoldsChanged, HeadMoved):
            continue
        metrics.count(Metric.HOLD_PLACED)
        return hold
    raise Unavailable


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
    served = disclosures.approved(account_id, new.disclosure_id)
    if served is None:
        raise NotDisclosed
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


def confirm(by: StaffId, hold_id: HoldId) -> Hold:
    """Confirm another operator's hold; it is then in force until its end.

    Raises:
        NotFound: no such hold.
        OwnProposal: this operator placed it.
        HoldEnded: its 72 hours have passed, or it was lifted.
        HoldsClosed, Unavailable: as for `place`.
    """

    def confirmed(hold: Hold, now: datetime) -> Hold | None:
        if hold.placed_by == by:
            raise OwnProposal
        if hold.confirmed_by:
            return None
        if not hold.awaits_confirmation(now):
            raise HoldEnded
        in_force_from = hold.in_force_from or now
        return hold.model_copy(
            update={"confirmed_by": by, "in_force_from": in_force_from, "ends_at": hold.until}
        )

    return _change(by, hold_id, "confirmed", confirmed)


def propose_lift(by: StaffId, hold_id: HoldId) -> Hold:
    """Propose to lift a hold before its end. The operator who placed an unconfirmed hold lifts it at once.

    Raises:
        NotFound: no such hold.
        HoldEnded: it has ended already.
        Unavailable: as for `place`.
    """

    def proposed(hold: Hold, now: datetime) -> Hold | None:
        if hold.lifted_by == by or hold.lift_proposed_by:
            return None
        if hold.ends_at <= now:
            raise HoldEnded
        if hold.confirmed_by is None and hold.placed_by == by:
            return hold.model_copy(update={"lifted_by": by, "ends_at": now})
        return hold.model_copy(update={"lift_proposed_by": by})

    return _change(by, hold_id, "lift_proposed", proposed)


def lift(by: StaffId, hold_id: HoldId) -> Hold:
    """Lift a hold whose lifting another operator proposed.

    Raises:
        NotFound: no such hold.
        OwnProposal: this operator proposed the lifting, or no operator did.
        HoldEnded, Unavailable: as for `propose_lift`.
    """

    def lifted(hold: Hold, now: datetime) -> Hold | None:
        if hold.lifted_by:
            return None
        if hold.ends_at <= now:
            raise HoldEnded
        if hold.lift_proposed_by in {None, by}:
            raise OwnProposal
        return hold.model_copy(update={"lifted_by": by, "ends_at": now})

    return _change(by, hold_id, "lifted", lifted)


def _change(by: StaffId, hold_id: HoldId, event: str, rule: Callable[[Hold, datetime], Hold | None]) -> Hold:
    """Apply a rule to a hold, with its evidence. A rule that returns None made the change before."""
    for _ in range(_TRIES):
        hold = store.find(hold_id)
        if hold is None:
            raise NotFound
        now = clock.now()
        after = rule(hold, now)
        if after is None:
            history.record_view(by, "viewed", "holds", [hold_id])
            return hold
        after = after.model_copy(update={"version": hold.version + 1})
        known = store.of(hold.account_id)
        if event == "confirmed" and known.closed_by:
            raise HoldsClosed
        ends = after.lifted_by is not None
        due_at = None if ends else now
        writes: list[Write] = (
            store.lifting(after, due_at) if known.closed_by else store.changing(known, after, due_at)
        )
        try:
            commit(*writes, store.entry(after, "lifted" if ends else event, by))
        except (HoldsChanged, HeadMoved):
            continue
        return after
    raise Unavailable


def listed(by: StaffId) -> HoldPage:
    """The holds that have not ended, by their end; at most `PAGE`. The view is recorded.

    Raises:
        Unavailable: the view cannot be recorded now.
    """
    page = store.ending_after(clock.now(), PAGE)
    ids = [*(hold.hold_id for hold in page.holds), *page.unreadable]
    history.record_view(by, "listed", "holds", ids)
    return page


def show(by: StaffId, hold_id: HoldId) -> Hold:
    """One hold, also after its end. The view is recorded.

    Raises:
        NotFound: no such hold.
        Unavailable: the view cannot be recorded now.
    """
    hold = store.find(hold_id)
    if hold is None:
        raise NotFound
    history.record_view(by, "viewed", "holds", [hold_id])
    return hold
