"""Requests received outside the app, entered by operators with the day of receipt (RGT-11).

The period counts from the day of receipt, even if the request is entered later. The result is the request
that the app would have made, and the subject sees it in the app too, with these differences:

- What the app lets a subject edit is corrected days later, after the account was warned: anyone can write a
  letter, and one operator enters it (ADR 49).
- No copy is sent to another controller because of a letter. A subject requests that in the app.
- A subject without access to the account (`without_access`) gets the copy by the receipt. So two operators
  check the identity first, and the account is warned (ADR 49).
- A person without an account is named by a contact, where the answer goes. If an account has that contact,
  the request is the account's, and the answer goes to the channels of the account, not to the contact of a
  letter.
- A person who wrote by post or came in person, and named no number, mailbox or user id, is answered on paper
  (`on_paper`): we find data by those only. The request is answered by its entry; the operator posts the text.
- A representative shows an authority: a document in the files of the office. Its kind, the number of its
  file, the day and the reader are recorded. The document is not copied into the request.
- No operator erases alone: an erasure waits for a second one, whatever the channel, then every channel of the
  account is warned (ADR 49).
- An entry looks at an account, and shows whether it has an open request. So it counts as a look (ADR 52). The
  evidence of the request names the operator; a refusal after the account was looked up, which shows as much,
  is on record as a look before it is answered. An entry on paper looks at no account.
- A day of receipt by which the answer is late already is confirmed by a second call: it may be mistyped.
"""

from collections.abc import Callable
from datetime import date, datetime
from functools import partial

from pydantic import Field

from chalicelib.accounts.challenges.numbers import Locale, PhoneText
from chalicelib.accounts.model import Account
from chalicelib.accounts.service import read_by_user
from chalicelib.core import clock
from chalicelib.core.clock import DAY, beginning_of, day_of
from chalicelib.core.errors import ConflictingRequest, Problem, does_not_apply
from chalicelib.core.ids import RightsRequestId, StaffId, UserId
from chalicelib.core.needs import Found
from chalicelib.messages.model import LONGEST_ADDRESS
from chalicelib.rights.guests import contact_owners
from chalicelib.rights.intake import submission
from chalicelib.rights.intake.body import RequestedChange
from chalicelib.rights.intake.record import Received, TakenRequest, take, take_without_account
from chalicelib.rights.intake.submission import SUBJECT, IntakeRule, Subject, rule_outside_the_app
from chalicelib.rights.operators import subjects
from chalicelib.rights.rectification import intake as rectification
from chalicelib.rights.request.deadline import Clock
from chalicelib.rights.request.model import (
    AuthoritySeen,
    FileNumber,
    GuestContact,
    OnBehalf,
    SeenAuthority,
)
from chalicelib.rights.request.terms import ReceivedBy, Right

_LONGEST_AGO = 366 * DAY  # catches a mistyped year; no request that old is still open
_ENTERED = "entered_request"  # the event in the history of the operator

# Channels by which a person can leave a postal address only.
_ON_PAPER = frozenset({ReceivedBy.LETTER, ReceivedBy.IN_PERSON})


class ReceivedRequest(RequestedChange):
    """A request as received: the subject, what is requested, the channel and the day of receipt.

    Exactly one of `user_id`, `phone` and `email` names the subject; with `on_paper`, none does. `locale`: in
    which a person without an account reads. `without_access`: the subject cannot sign in. `authority`, the
    day and the number of its file belong to `on_behalf`. `late_receipt_confirmed`: the day of receipt is
    right, although the answer is late already. `number_lost`: no code to the account's number reaches the
    subject, who gets another one by the receipt and the release key.
    """

    user_id: UserId | None = None
    phone: PhoneText | None = None
    email: str | None = Field(None, max_length=LONGEST_ADDRESS)
    received_by: ReceivedBy
    received_on: date
    late_receipt_confirmed: bool = False
    on_paper: bool = False
    locale: Locale | None = None
    without_access: bool = False
    on_behalf: OnBehalf | None = None
    authority: AuthoritySeen | None = None
    authority_seen_on: date | None = None
    authority_reference: FileNumber | None = None
    number_lost: bool = False


class LateReceipt(ConflictingRequest):
    """The day of receipt makes the answer late already; the operator has to confirm the day."""

    title = "By this day of receipt, the answer is late already; enter it again and confirm the day"


def enter(by: StaffId, received: ReceivedRequest) -> TakenRequest:
    """Record a request that came by letter, mail, telephone, in person or through support.

    Raises:
        InvalidRequest: the day is in the future or more than a year ago; no person uses the channel to write
            to us (the app, inactivity); not exactly one subject is named; a representative without an
            authority, or for a subject without access; a field that the right does not allow in a letter; or
            a lost number that one account has and another one had.
        LateReceipt: the answer is late already, and the day is not confirmed.
        NotFound: no account has this user id.
        TooMany, Unavailable: as for `subjects.find`.
        AlreadyOpen: an open request exercises the right, perhaps this one, entered before.
    """
    entry = Received(
        RightsRequestId.new(),
        _received_at(received),
        received.received_by,
        entered_by=by,
        on_behalf=received.on_behalf,
        authority=_authority(received, by),
    )
    rule = rectification.NEW_NUMBER if received.number_lost else rule_outside_the_app(received.right)
    rule.check_fields(received)
    by_subject = not (received.on_behalf or received.without_access)
    if received.number_lost and not (by_subject and received.right is Right.RECTIFICATION):
        raise does_not_apply("number_lost", "Only for a rectification of the subject, and in place of access")
    subject = _subject(received, by)
    try:
        return _take(subject, received, entry, _rule_of(rule, received, by))
    except Problem:
        if not received.on_paper:
            account_id = None if isinstance(subject, GuestContact) else subject.account.account_id
            subjects.record_look(by, _ENTERED, _named_by(received), account_id)
        raise


def _take(
    subject: Subject | GuestContact, received: ReceivedRequest, entry: Received, rule: IntakeRule
) -> TakenRequest:
    if isinstance(subject, Subject):
        if received.number_lost and received.phone and contact_owners.is_of_two(_contact(received)):
            raise does_not_apply(
                "phone", "One account has the number, another one had it; name it by user_id"
            )
        return take(subject, received, entry, rule)
    begin = partial(submission.begin_for_stranger, received.right, subject)
    if received.on_paper:
        begin = partial(submission.begin_for_unnamed, received.right)
    return take_without_account(subject, received, entry, begin)


def _contact(received: ReceivedRequest) -> GuestContact:
    return contact_owners.contact_of(received.phone, received.email, received.locale)


def _named_by(received: ReceivedRequest) -> str:
    return "user_id" if received.user_id else _contact(received).proof


def _rule_of(rule: IntakeRule, received: ReceivedRequest, by: StaffId) -> IntakeRule:
    if received.without_access:  # two operators check the identity
        return submission.rule_for_locked_out(rule, ())
    if received.right is Right.ERASURE or received.number_lost:
        return submission.rule_for_two_operators(rule, by)
    return submission.rule_for_heirs(rule) if received.on_behalf is OnBehalf.HEIR else rule


def _subject(received: ReceivedRequest, by: StaffId) -> Subject | GuestContact:
    """The account that a letter is about, or the contact of a person without one."""
    named = sum(one is not None for one in (received.user_id, received.phone, received.email))
    if received.on_paper:
        unnamed = not (named or received.without_access or received.number_lost)
        if not unnamed or received.received_by not in _ON_PAPER:
            raise does_not_apply("on_paper", "Only if a letter or a visitor named no account and no contact")
        return GuestContact(locale=received.locale)
    if named != 1:
        raise does_not_apply("user_id", "Exactly one of user_id, phone and email")
    if received.user_id:
        subjects.count_look(by)
        return Subject.found(*read_by_user(received.user_id, *SUBJECT))
    contact = _contact(received)
    subjects.count_look(by)
    found = next((found for find in _searches(received) if (found := find(contact, *SUBJECT))), None)
    return Subject.found(*found) if found else contact


def _searches(received: ReceivedRequest) -> list[Callable[..., tuple[Account, Found] | None]]:
    """How to find the account of a contact, the first choice first.

    A number that was just changed may have signed up again, by the thief or by the owner with a new card. A
    freeze protects the account that had it, and can be undone. Everything else is of the account that has it.
    """
    now, before = contact_owners.account_of, contact_owners.account_of_former_number
    if not (received.without_access or received.number_lost):
        return [now]
    return [before, now] if received.right is Right.RESTRICTION else [now, before]


def _authority(received: ReceivedRequest, by: StaffId) -> SeenAuthority | None:
    given = (received.authority, received.authority_seen_on, received.authority_reference)
    if received.on_behalf and received.without_access:
        raise does_not_apply("without_access", "The receipt opens the copy, which the subject alone gets")
    if received.on_behalf is None:
        if given != (None, None, None):
            raise does_not_apply("authority", "Only for a request on behalf of the subject")
        return None
    kind, seen_on, reference = given
    if kind is None or seen_on is None or reference is None:
        raise does_not_apply("authority", "The kind of authority that was seen, its file, and the day")
    if seen_on > day_of(clock.now()):
        raise does_not_apply("authority_seen_on", "Today at the latest")
    return SeenAuthority(kind=kind, seen_on=seen_on, seen_by=by, reference=reference)


def _received_at(received: ReceivedRequest) -> datetime:
    """The beginning of the day of receipt: the copy includes all records of that day."""
    if not received.received_by.is_entered:
        raise does_not_apply(
            "received_by", "A channel outside the app; the app, links and our jobs record their own"
        )
    today = day_of(clock.now())
    if not today - _LONGEST_AGO <= received.received_on <= today:
        raise does_not_apply("received_on", "A day of the last year, today at the latest")
    received_at = beginning_of(received.received_on)
    is_late = Clock(received_at).is_overdue(clock.now())
    if received.late_receipt_confirmed and not is_late:
        raise does_not_apply("late_receipt_confirmed", "Only for a day by which the answer is late already")
    if is_late and not received.late_receipt_confirmed:
        raise LateReceipt
    return received_at
