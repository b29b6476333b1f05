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
- A representative shows an authority. Its kind and the day are recorded; the document is not kept.
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
from chalicelib.core.errors import does_not_apply
from chalicelib.core.ids import RightsRequestId, StaffId, UserId
from chalicelib.core.needs import Found
from chalicelib.messages.model import LONGEST_ADDRESS
from chalicelib.rights.guests import contact_owners
from chalicelib.rights.intake import submission
from chalicelib.rights.intake.body import RequestedChange
from chalicelib.rights.intake.record import Received, TakenRequest, take, take_without_account
from chalicelib.rights.intake.submission import SUBJECT, IntakeRule, Subject, rule_outside_the_app
from chalicelib.rights.request.model import AuthoritySeen, GuestContact, OnBehalf, SeenAuthority
from chalicelib.rights.request.terms import ReceivedBy, Right

_LONGEST_AGO = 366 * DAY  # catches a mistyped year; no request that old is still open
# The channels of people who cannot write to us are recorded by our own code.
_OURS = frozenset({ReceivedBy.APP, ReceivedBy.GUEST, ReceivedBy.UNSUBSCRIBE, ReceivedBy.INACTIVITY})

# Channels by which a person can leave a postal address only.
_ON_PAPER = frozenset({ReceivedBy.LETTER, ReceivedBy.IN_PERSON})


class ReceivedRequest(RequestedChange):
    """A request as received: the subject, what is requested, the channel and the day of receipt.

    Exactly one of `user_id`, `phone` and `email` names the subject; with `on_paper`, none does. `locale`: in
    which a person without an account reads. `without_access`: the subject cannot sign in. `authority` and
    `authority_seen_on` belong to `on_behalf`.
    """

    user_id: UserId | None = None
    phone: PhoneText | None = None
    email: str | None = Field(None, max_length=LONGEST_ADDRESS)
    received_by: ReceivedBy
    received_on: date
    on_paper: bool = False
    locale: Locale | None = None
    without_access: bool = False
    on_behalf: OnBehalf | None = None
    authority: AuthoritySeen | None = None
    authority_seen_on: date | None = None


def enter(by: StaffId, received: ReceivedRequest) -> TakenRequest:
    """Record a request that came by letter, mail, telephone, in person or through support.

    Raises:
        InvalidRequest: the day is in the future or more than a year ago; no person uses the channel to write
            to us (the app, inactivity); not exactly one subject is named; a representative without an
            authority, or for a subject without access; or a field that the right does not allow in a letter.
        NotFound: no account has this user id.
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
    rule = rule_outside_the_app(received.right)
    rule.check_fields(received)
    subject = _subject(received)
    if isinstance(subject, GuestContact):
        begin = partial(submission.begin_for_stranger, received.right, subject)
        if received.on_paper:
            begin = partial(submission.begin_for_unnamed, received.right)
        return take_without_account(subject, received, entry, begin)
    return take(subject, received, entry, _rule_of(rule, received, by))


def _rule_of(rule: IntakeRule, received: ReceivedRequest, by: StaffId) -> IntakeRule:
    if received.on_behalf is OnBehalf.HEIR:
        return submission.rule_for_heirs(rule, received.right, by)
    return submission.rule_for_locked_out(rule, ()) if received.without_access else rule


def _subject(received: ReceivedRequest) -> Subject | GuestContact:
    """The account that a letter is about, or the contact of a person without one."""
    named = sum(one is not None for one in (received.user_id, received.phone, received.email))
    if received.on_paper:
        if named or received.without_access or received.received_by not in _ON_PAPER:
            raise does_not_apply("on_paper", "Only if a letter or a visitor named no account and no contact")
        return GuestContact(locale=received.locale)
    if named != 1:
        raise does_not_apply("user_id", "Exactly one of user_id, phone and email")
    if received.user_id:
        return Subject.found(*read_by_user(received.user_id, *SUBJECT))
    contact = contact_owners.contact_of(received.phone, received.email, received.locale)
    found = (find(contact, *SUBJECT) for find in _searches(received))
    return next((Subject.found(*one) for one in found if one), contact)


def _searches(received: ReceivedRequest) -> list[Callable[..., tuple[Account, Found] | None]]:
    """How to find the account of a contact, the first choice first.

    A number that was just changed may have signed up again, by the thief or by the owner with a new card. A
    freeze protects the account that had it, and can be undone. Everything else is of the account that has it.
    """
    now, before = contact_owners.account_of, contact_owners.account_of_former_number
    if not received.without_access:
        return [now]
    return [before, now] if received.right is Right.RESTRICTION else [now, before]


def _authority(received: ReceivedRequest, by: StaffId) -> SeenAuthority | None:
    given = (received.authority, received.authority_seen_on)
    if received.on_behalf and received.without_access:
        raise does_not_apply("without_access", "The receipt opens the copy, which the subject alone gets")
    if received.on_behalf is None:
        if given != (None, None):
            raise does_not_apply("authority", "Only for a request on behalf of the subject")
        return None
    if received.authority is None or received.authority_seen_on is None:
        raise does_not_apply("authority", "The kind of authority that was seen, and the day")
    if received.authority_seen_on > day_of(clock.now()):
        raise does_not_apply("authority_seen_on", "Today at the latest")
    return SeenAuthority(kind=received.authority, seen_on=received.authority_seen_on, seen_by=by)


def _received_at(received: ReceivedRequest) -> datetime:
    """The beginning of the day of receipt: the copy includes all records of that day."""
    if received.received_by in _OURS:
        raise does_not_apply(
            "received_by", "A channel outside the app; the app, links and our jobs record their own"
        )
    today = day_of(clock.now())
    if not today - _LONGEST_AGO <= received.received_on <= today:
        raise does_not_apply("received_on", "A day of the last year, today at the latest")
    return beginning_of(received.received_on)
