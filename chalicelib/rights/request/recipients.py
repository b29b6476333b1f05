"""What a correction may change, and which recipients must be notified of it (Art. 16, 19 GDPR).

Fields that a subject can have corrected have names (ADR 50). A field has one if the subject's copy discloses
it: a field of the profile its own name, a field of another kind the name `<kind>_<field>`.

The declarations say which recipients in the register hold a field, and the disclosures to which authorities
it went. A secret disclosure is notified like any other, and shown to the subject once the law allows it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache

from chalicelib.accounts.profiles.model import Profile, ProfileChanges
from chalicelib.core.clock import DAY
from chalicelib.core.ids import DisclosureId
from chalicelib.privacy import plans, register
from chalicelib.privacy.plans import DisclosedField, Section
from chalicelib.privacy.purposes import Category, Correction, Purpose
from chalicelib.privacy.recipients import Recipient
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import RecipientNotice, RecipientOutcome
from chalicelib.rights.request.terms import Right, Status
from chalicelib.staff.disclosures import service as disclosures
from chalicelib.staff.disclosures.model import Disclosure

_OF_ITSELF = frozenset({Profile.declaration.kind, "account"})  # kinds whose fields need no prefix


class CorrectionWay(StrEnum):
    """How a field is corrected."""

    AT_ONCE = "at_once"  # in the transaction of the request
    REVIEWED = "reviewed"  # two operators decide; the statement then stands beside the record
    ELSEWHERE = "elsewhere"  # by another route, because other data depends on the value


_GUEST = "A contact is proven by a code to it. Make another request, with the right contact"

# Fields and kinds with a way of their own, and that way, for the client.
_INSTEAD: Mapping[str, str] = {
    "phone": "A number is proven by a code to it. Use POST /v1/profile/phone, after a step-up",
    "email": "Set an address by POST /v1/profile/email, and remove it by PATCH /v1/profile",
    "username": "Use PUT or DELETE /v1/profile/password, after a step-up",
    "purposes": "Use PUT /v1/consents/{purpose}, or the right to object, to restrict or to withdraw consent",
    "rights_request_contact_phone": _GUEST,
    "rights_request_contact_email": _GUEST,
    "block_list": "Use PUT or DELETE /v1/blocks/{user_id}",
    "contact": "Use DELETE /v1/contacts/{user_id}",
    "notification_choices": "Use PUT /v1/notifications",
    "push_devices": "Use PUT or DELETE /v1/devices/push",
}

# Purposes for which data is evaluated. While such data is contested, it is not used for them (Art. 18(1)(a)).
# All other fields under review are only stored, shown to their subject, or kept because of a law.
_EVALUATES = frozenset({Purpose.ANALYTICS, Purpose.DIAGNOSTICS})


@dataclass(frozen=True)
class CorrectableField:
    """A field with its name in requests.

    Attributes:
        to: the recipients to whom the value is disclosed.
        contested: the purpose that is restricted while the field is under review.
        instead: what the client has to use, if the way is ELSEWHERE.
    """

    name: str
    kind: str
    way: CorrectionWay
    to: tuple[Recipient, ...]
    contested: Purpose | None
    instead: str | None


@cache
def table() -> Mapping[str, CorrectableField]:
    """All correctable fields by name."""
    return {field.name: field for section in _sections() for field in _fields_of(section)}


def all_recipients() -> Mapping[str, frozenset[Recipient]]:
    """The recipients of each kind, for requests that concern all data of a subject."""
    return {section.kind: frozenset(section.recipients) for section in _sections()}


@cache
def _sections() -> tuple[Section, ...]:
    return plans.export_plan(register.records())


def _fields_of(section: Section) -> Iterator[CorrectableField]:
    for field in section.disclosed:
        # An id for us alone is neither accurate nor inaccurate.
        if field.category is None or field.category is Category.PSEUDONYM:
            continue
        name = field.name if section.kind in _OF_ITSELF else f"{section.kind}_{field.name}"
        instead = _INSTEAD.get(name) or _INSTEAD.get(section.kind)
        way = CorrectionWay.ELSEWHERE if instead else _way(section, field)
        contested = (
            section.purpose if way is CorrectionWay.REVIEWED and section.purpose in _EVALUATES else None
        )
        yield CorrectableField(name, section.kind, way, field.recipients, contested, instead)


def _way(section: Section, field: DisclosedField) -> CorrectionWay:
    at_once = section.kind in _OF_ITSELF and field.name in ProfileChanges.model_fields
    if at_once is not (field.correction is Correction.SELF_SERVICE):
        raise TypeError(f"{section.kind}.{field.name}: self-service, but no route of the profile changes it")
    return CorrectionWay.AT_ONCE if at_once else CorrectionWay.REVIEWED


# How long a recipient may stay unnotified; from then on it counts as late.
LATE_AFTER: timedelta = 7 * DAY

# Recipients that hold nothing that a notice could correct, and why: a fixed word, and in words for subjects.
_NOTHING_TO_NOTIFY: Mapping[Recipient, str] = {
    Recipient.SMS_CARRIERS: "keeps_nothing",
    Recipient.MAIL_PROVIDERS: "keeps_nothing",
    Recipient.APPLE: "keeps_nothing",
    Recipient.GOOGLE: "keeps_nothing",
    Recipient.BELGRADE_OFFICE: "reads_our_records",
    Recipient.NAMED_CONTROLLER: "chosen_by_subject",
}
WHY: Mapping[str, str] = {
    "keeps_nothing": "It delivers messages to you, and holds no record of ours",
    "reads_our_records": "Our own staff, who read the changed records",
    "chosen_by_subject": "You had the data sent there, so only you know what it has",
    "no_user": "It has no user for you",
}


def of_request(request: RightsRequest, given: Iterable[Disclosure], now: datetime) -> list[RecipientNotice]:
    """The recipients of the data that a request changed, each with what is known without asking it."""
    held = _recipients_by_kind(request)
    registered = sorted(
        {recipient for some in held.values() for recipient in some}, key=list(Recipient).index
    )
    # AWS stores our records, which were changed.
    notices = [_registered(recipient, now) for recipient in registered if recipient is not Recipient.AWS]
    went_out = (one for one in given if one.disclosed_at and held.keys() & set(one.scope))
    return [*notices, *(RecipientNotice(now, disclosure=one.disclosure_id) for one in went_out)]


def _registered(recipient: Recipient, now: datetime) -> RecipientNotice:
    notice = RecipientNotice(now, recipient=recipient.name)
    why = _NOTHING_TO_NOTIFY.get(recipient)
    return replace(notice, outcome=RecipientOutcome.NOT_APPLICABLE, why=why) if why else notice


def _recipients_by_kind(request: RightsRequest) -> Mapping[str, frozenset[Recipient]]:
    """The kinds of the data that a request changed, with the recipients of that data."""
    if request.right is not Right.RECTIFICATION:
        return all_recipients()
    found: dict[str, frozenset[Recipient]] = {}
    for name in changed_fields(request):
        field = table()[name]
        found[field.kind] = found.get(field.kind, frozenset()) | set(field.to)
    return found


def changed_fields(request: RightsRequest) -> tuple[str, ...]:
    """The fields that a rectification corrected, at its intake or with its answer."""
    correction = request.correction
    if correction is None:
        return ()
    decided = request.status in {Status.COMPLETED, Status.PARTIALLY_COMPLETED}
    answered = (*correction.deferred, *(correction.proposed or ())) if decided else ()
    return (*correction.applied, *answered)


def pending_tasks(notices: Iterable[RecipientNotice] | None) -> Iterator[RecipientNotice]:
    """The recipients that operators have to notify."""
    return (one for one in notices or () if one.disclosure and one.outcome is RecipientOutcome.PENDING)


def named_disclosures(request: RightsRequest) -> dict[DisclosureId, Disclosure]:
    """Read the disclosures that the notices of a request name, as they are now; most requests name none."""
    ids = [one.disclosure for one in request.notes.recipients or () if one.disclosure]
    found = (disclosures.approved(request.account_id, one) for one in ids)
    return {one.disclosure_id: one for one in found if one}


@dataclass(frozen=True)
class ShownRecipient:
    """A recipient as the subject sees it."""

    name: str
    notice: RecipientNotice


def shown(
    request: RightsRequest, named: Mapping[DisclosureId, Disclosure], now: datetime
) -> Iterator[ShownRecipient]:
    """The recipients that may be shown to the subject at an instant."""
    for notice in request.notes.recipients or ():
        if notice.recipient:
            yield ShownRecipient(Recipient[notice.recipient].label, notice)
        elif (one := named.get(notice.disclosure or DisclosureId(""))) and not one.is_secret(now):
            yield ShownRecipient(one.recipient, notice)
