"""Routes for operators about messages to our support (USE-10, ADR 100)."""

from typing import Self

from chalice.app import Blueprint

from chalicelib.core.clock import Instant
from chalicelib.core.http import Cursor, Operator, View, route
from chalicelib.core.ids import AccountId, StaffId, SupportMessageId
from chalicelib.operations.admin.views import PageView, WithEvidence, evidence_of
from chalicelib.staff import service as staff
from chalicelib.staff.support import answers as support
from chalicelib.staff.support.answers import MESSAGES
from chalicelib.staff.support.model import (
    AnswerMail,
    SupportAnswer,
    SupportMessage,
    SupportMessageSettled,
    SupportStatus,
)


class SupportMessageLine(View):
    """A message in a list: no text and no mailbox. `mail`: whether its answer was mailed."""

    id: SupportMessageId
    status: SupportStatus
    received_at: Instant
    answered_at: Instant | None = None
    closed_at: Instant | None = None
    mail: AnswerMail | None = None

    @classmethod
    def of(cls, one: SupportMessage, **more: object) -> Self:
        """Build the view of the current state of a message."""
        return cls.showing(one, id=one.support_message_id, **more)


class InspectedSupportMessage(WithEvidence, SupportMessageLine):
    """A message with its texts and its evidence, newest first; without it if an entry was altered."""

    email: str
    locale: str | None = None
    text: str
    answer: str | None = None
    answered_by: StaffId | None = None
    account_id: AccountId | None = None


routes = Blueprint(__name__)

_ALL = "/admin/v1/support-messages"
_ONE = _ALL + "/{support_message_id}"


@route(routes, "GET", _ALL)
def list_support_messages(operator: Operator, cursor: Cursor | None) -> PageView[SupportMessageLine]:
    """List all messages to our support: those whose answer is not mailed yet, open ones, closed ones."""
    page = MESSAGES.list_all(cursor, staff.register(operator.arn))
    return PageView[SupportMessageLine].of(page, SupportMessageLine.of)


@route(routes, "GET", _ONE)
def show_support_message(operator: Operator, support_message_id: SupportMessageId) -> InspectedSupportMessage:
    """Show a message with its evidence, and the staff behind its pseudonyms."""
    seen = MESSAGES.show(support_message_id, staff.register(operator.arn))
    return InspectedSupportMessage.of(seen.case, **evidence_of(seen))


@route(routes, "POST", _ONE + "/answer", problems=(SupportMessageSettled,))
def answer_support_message(
    operator: Operator, support_message_id: SupportMessageId, body: SupportAnswer
) -> SupportMessageLine:
    """Answer a message. The answer is mailed within the hour, without the name of the operator."""
    by = staff.register(operator.arn)
    return SupportMessageLine.of(support.answer(support_message_id, by, body.text))


@route(routes, "POST", _ONE + "/closing")
def close_support_message(operator: Operator, support_message_id: SupportMessageId) -> SupportMessageLine:
    """Close a message that needs no answer, or whose answer did not arrive."""
    return SupportMessageLine.of(support.close(support_message_id, staff.register(operator.arn)))
