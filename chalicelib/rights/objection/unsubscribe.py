"""The objection by a link in a mail (RFC 8058).

Invariants:

- The response is the same whether the account exists, is frozen, is being erased or is gone.
- The mailbox of the mail is suppressed first. So it gets nothing more, even if the rest fails.
- The objection of an account that exists is a request with evidence, as by the app. Its answer is announced:
  a subject whose mail was passed on learns that another person used the link.
- Of two calls at the same time, one makes the request. Repeating the call changes nothing, until the subject
  consents again.
"""

import uuid
from contextlib import suppress
from datetime import datetime
from typing import Literal

from pydantic import Field

from chalicelib.consents import links
from chalicelib.consents.links import Unsubscribable, UnsubscribeToken
from chalicelib.core import clock, idempotency, metrics
from chalicelib.core.errors import NotFound, existing
from chalicelib.core.http import FormBody
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.core.metrics import Metric
from chalicelib.core.sealing import skip_unreadable
from chalicelib.messages.suppressions import service as suppressions
from chalicelib.messages.suppressions.model import DIRECT_MARKETING
from chalicelib.rights.intake import record
from chalicelib.rights.intake.body import RequestedChange
from chalicelib.rights.intake.record import Received
from chalicelib.rights.intake.submission import Subject, read_again, read_subject, rule_of
from chalicelib.rights.request.terms import ReceivedBy, Right

_RIGHT = Right.MARKETING_OBJECTION


class OneClick(FormBody):
    """The form of RFC 8058. Our own page also asks for a page as the answer."""

    list_unsubscribe: Literal["One-Click"] = Field(alias="List-Unsubscribe")
    answer: Literal["page"] | None = None


def read(token: UnsubscribeToken) -> Unsubscribable:
    """What a link ends.

    Raises:
        NotFound: we did not make the token. That reveals nothing about any account.
    """
    return existing(links.opened(token))


def unsubscribe(what: Unsubscribable) -> None:
    """Object to direct marketing for the account and the mailbox of a link.

    Raises:
        Unavailable: a table does not answer; the call may be repeated.
    """
    now, subject = clock.now(), _readable_subject(what.account_id)
    suppressions.suppress_mark(what.mark, now, None if subject and _has(subject, what) else now)
    if subject and not _objects(subject):
        with suppress(NotFound):  # the erasure passed its point of no return: the mailbox is suppressed
            _submit(subject, now)
    metrics.count(Metric.UNSUBSCRIBED)


def _submit(subject: Subject, now: datetime) -> None:
    """Submit the objection. Of two calls at the same time, one makes the request and the other finds it.

    Raises:
        NotFound: the account is being erased.
        Unavailable: the subject's records changed in every try.
    """
    _take(subject, now, _id_for(subject))
    again = read_again(subject)
    if not _objects(again):  # a restored table brought earlier decisions back, whose request exists
        _take(again, now, RightsRequestId.new())


def _take(subject: Subject, now: datetime, request_id: RightsRequestId) -> None:
    body = RequestedChange(right=_RIGHT)
    fingerprint = idempotency.fingerprint(body)
    received = Received(request_id, now, ReceivedBy.UNSUBSCRIBE, fingerprint=fingerprint)
    record.take(subject, body, received, rule_of(_RIGHT))


def _id_for(subject: Subject) -> RightsRequestId:
    """The id of the objection to the decisions as they are: equal for calls at the same time."""
    version = subject.purposes.version if subject.purposes else 0
    account_id = subject.account.account_id
    key = IdempotencyKey(uuid.uuid5(uuid.NAMESPACE_URL, f"unsubscribe {account_id} {version}"))
    return key.id_for(RightsRequestId, account_id)


def _readable_subject(account_id: AccountId) -> Subject | None:
    """The subject; None if the account is gone or being erased, or if its decisions cannot be read."""
    with skip_unreadable("subject_unreadable"):
        return read_subject(account_id)
    return None


def _has(subject: Subject, what: Unsubscribable) -> bool:
    """Whether the account still has the mailbox to which the mail went."""
    mailbox = subject.profile.email if subject.profile else None
    return mailbox is not None and suppressions.mark_of(mailbox) == what.mark


def _objects(subject: Subject) -> bool:
    return subject.purposes is not None and subject.purposes.objected >= {*DIRECT_MARKETING}
