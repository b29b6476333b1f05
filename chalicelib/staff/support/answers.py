"""Operators answer messages to our support, and a job mails the answers (USE-10, ADR 100).

Invariants:

- A message gets one answer. Of two operators, the second is refused.
- A try to mail an answer is counted before it is made; one that was certainly not made is uncounted. After
  three tries without a response, the answer is not mailed again, and operators see that it may have arrived.
- The state and its evidence are one transaction; the count of tries has none. A restored message whose
  newest evidence says how the mail ended is not mailed again.
- A message whose answer was mailed is closed, and opened again if the mail comes back. Any other one is open
  until an operator closes it.
"""

from collections.abc import Mapping
from contextlib import suppress
from functools import partial

from chalicelib.core import chain, clock, observe
from chalicelib.core.chain import Unreadable
from chalicelib.core.errors import NotFound, Unavailable
from chalicelib.core.ids import MailId, StaffId
from chalicelib.core.transactions import Conflict, commit, retry_on
from chalicelib.messages import mail
from chalicelib.messages.mail import MailInDoubt, MailRefused, MailUnavailable
from chalicelib.privacy.cases import CaseChanged
from chalicelib.privacy.purposes import Purpose
from chalicelib.staff.cases import PAGE, CaseMove, Cases, staff_move
from chalicelib.staff.support import store
from chalicelib.staff.support.letters import answered_by, letter
from chalicelib.staff.support.model import AnswerMail, SupportMessage, SupportMessageSettled

MESSAGES = Cases(store.MESSAGES)
_MOST_TRIES = 3
# The events by which evidence says how the mail of an answer ended.
_ENDS: Mapping[str, AnswerMail] = {f"mail_{end}": end for end in AnswerMail if end is not AnswerMail.UNSENT}

_Move = CaseMove[SupportMessage] | None


@staff_move(MESSAGES.apply)
def answer(found: SupportMessage, by: StaffId, text: str) -> _Move:
    """Answer a message; a job mails the answer.

    Raises:
        SupportMessageSettled: it has another answer, or is closed without one.
    """
    if (found.answer, found.answered_by) == (text, by):
        return None
    if found.answered_at or found.closed_at:
        raise SupportMessageSettled
    answered = {"answer": text, "answered_by": by, "answered_at": clock.now(), "mail": AnswerMail.UNSENT}
    return CaseMove(found.model_copy(update=answered), "answered")


@staff_move(MESSAGES.apply)
def close(found: SupportMessage, _by: StaffId) -> _Move:
    """Close a message that needs no answer, or whose answer did not arrive; an unsent one is still mailed."""
    if found.closed_at:
        return None
    return CaseMove(found.model_copy(update={"closed_at": clock.now()}), "closed")


def send_answers() -> int:
    """Mail the answers of a page that are not mailed yet; returns how many SES took. Repeatable.

    It stops while SES takes no mail; the next run goes on.
    """
    sent = 0
    try:
        for one in store.MESSAGES.page(None, PAGE).found:
            if one.mail is AnswerMail.UNSENT and (ended := _mail(one)):
                sent += ended is AnswerMail.SENT
                with suppress(NotFound):  # it was erased meanwhile
                    MESSAGES.apply(one.support_message_id, None, partial(_ended, ended=ended))
    except (MailUnavailable, Unavailable) as outage:
        observe.log_failure("answers_not_sent", outage)
    return sent


def _mail(one: SupportMessage) -> AnswerMail | None:
    """Mail an answer, at most as often as it may be tried; returns how that ended, None: it is tried again.

    Raises:
        MailUnavailable: SES takes no mail now.
        Unavailable: a table does not answer; the mail may have been sent.
    """
    try:
        newest = chain.head(store.MESSAGES.history_of(one.support_message_id))
    except Unreadable:  # no change of the message could be recorded
        return None
    if newest and newest.event in _ENDS:
        return _ENDS[newest.event]
    if one.tries >= _MOST_TRIES:
        return AnswerMail.IN_DOUBT
    counted, write = store.counting(one, one.tries + 1)
    try:
        commit(write)
        mail.send(letter(counted), Purpose.SERVICE, choices=None)
    except (CaseChanged, MailInDoubt):
        return None
    except MailRefused:
        return AnswerMail.REFUSED
    except MailUnavailable:
        with suppress(CaseChanged):  # an operator closed it: the try stays counted
            commit(store.counting(counted, one.tries)[1])
        raise
    return AnswerMail.SENT


def _ended(found: SupportMessage, *, ended: AnswerMail) -> _Move:
    if found.mail is not AnswerMail.UNSENT:
        return None
    closed_at = found.closed_at or (clock.now() if ended is AnswerMail.SENT else None)
    return CaseMove(found.model_copy(update={"mail": ended, "closed_at": closed_at}), f"mail_{ended}")


@retry_on(Conflict)
def record_loss(mail_id: MailId) -> None:
    """Open the message again whose answer came back; ignore other mails."""
    if writes := store.losing(answered_by(mail_id)):
        commit(*writes)
