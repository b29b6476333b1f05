"""The recipients that a request has to notify, and what its subject sees of that (Art. 19 GDPR).

The declarations say which recipients in the register hold a field, and the disclosures to which authorities
it went. A secret disclosure is notified like any other, and shown to the subject once the law allows it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.core.clock import DAY
from chalicelib.core.ids import DisclosureId
from chalicelib.privacy.recipients import Recipient
from chalicelib.rights import correctable
from chalicelib.rights.model import Right, RightsRequest, Status
from chalicelib.rights.notes import RecipientNotice, RecipientOutcome
from chalicelib.staff.disclosures import service as disclosures
from chalicelib.staff.disclosures.model import Disclosure

# How long a recipient may stay unnotified; from then on it counts as late.
LATE_AFTER: timedelta = 7 * DAY

# Recipients that hold nothing that a notice could correct, and why: a fixed word, and in words for subjects.
_NOTHING_TO_NOTIFY: Mapping[Recipient, str] = {
    Recipient.SMS_CARRIERS: "keeps_nothing",
    Recipient.MAIL_PROVIDERS: "keeps_nothing",
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
        return correctable.all_recipients()
    found: dict[str, frozenset[Recipient]] = {}
    for name in changed_fields(request):
        field = correctable.table()[name]
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
