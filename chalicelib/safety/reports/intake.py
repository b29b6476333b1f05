"""Takes reports of abuse (SAF-1, ADR 114).

Invariants:

- A report is stored before Stream is asked for what it names, so an outage of Stream loses no report.
- The messages are those of the reported user in a conversation of the reporter, as Stream has them. A
  message that is gone, of another author, or elsewhere is `not_available`; the reporter cannot supply it.
- The response discloses nothing about the reported user but what the reporter sees anyway.
"""

from chalicelib.accounts import service as accounts
from chalicelib.accounts.avatars.service import AVATAR
from chalicelib.accounts.model import Account, ClaimKind
from chalicelib.consents.model import NotOffered
from chalicelib.consents.notices import service as notices
from chalicelib.core import clock, needs
from chalicelib.core.errors import IdempotencyMismatch, Unavailable, does_not_apply, existing
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import AbuseReportId, AccountId
from chalicelib.core.transactions import commit
from chalicelib.people.conversations import service as conversations
from chalicelib.privacy.cases import CaseChanged
from chalicelib.privacy.purposes import Practice
from chalicelib.safety.model import Work, kept_from
from chalicelib.safety.reports import evidence
from chalicelib.safety.reports.model import (
    AbuseReport,
    NewAbuseReport,
    ReportedMessage,
    check_not_paused,
)
from chalicelib.safety.reports.reported_files import FileCopy, ReportedFile
from chalicelib.safety.reports.store import REPORTS


def file(me: Account, new: NewAbuseReport, key: IdempotencyKey | None) -> AbuseReport:
    """Store a report, and copy what it names.

    Repeated with the same key, it returns the report that was made.

    Raises:
        NotOffered: the privacy policy in effect does not describe reports.
        ReportingPaused: a person paused the reports of this account.
        InvalidRequest: it is about the caller, or names messages without a conversation, or nothing.
        NotFound: there is no such user, not any more, or no such conversation of the caller.
        IdempotencyMismatch: the key was used for another report.
        Unavailable: a table does not answer.
    """
    if not notices.describes(Practice.REPORTING):
        raise NotOffered
    now = clock.now()
    check_not_paused(me, new.reason)
    _check(me, new)
    account_id = existing(accounts.glance_at_owner(ClaimKind.USER, new.user_id))
    files = (_picture(account_id),) if new.avatar else ()
    report_id = key.id_for(AbuseReportId, me.account_id) if key else AbuseReportId.new()
    report = AbuseReport(
        abuse_report_id=report_id,
        reported_at=now,
        decide_by=now + new.reason.decided_within,
        reporter=me.account_id,
        user_id=new.user_id,
        account_id=account_id,
        reason=new.reason,
        text=new.text,
        avatar=new.avatar,
        conversation_id=new.conversation_id,
        messages=tuple(ReportedMessage(message_id=one) for one in dict.fromkeys(new.message_ids)),
        files=files,
        work=Work(due_at=now) if new.message_ids or any(one.picture for one in files) else Work(),
        kept_since=kept_from(now),
    )
    try:
        commit(*REPORTS.creation(report, "reported", None, {"messages": len(report.messages)}))
    except CaseChanged:
        before = existing(REPORTS.read(report_id))
        if _said(before) != _said(report):
            raise IdempotencyMismatch from None
        report = before
    try:
        return evidence.copy(report)
    except Unavailable:
        return report


def _picture(account_id: AccountId) -> ReportedFile:
    """The picture that the user shows now."""
    (row,) = needs.read_accounts([account_id], (AVATAR,))
    if (avatar := row[AVATAR]) and avatar.picture:
        return ReportedFile(picture=avatar.picture)
    return ReportedFile(state=FileCopy.NOT_AVAILABLE)


def _said(report: AbuseReport) -> tuple[object, ...]:
    """What the reporter said."""
    ids = [one.message_id for one in report.messages]
    return report.user_id, report.reason, report.text, report.avatar, report.conversation_id, ids


def _check(me: Account, new: NewAbuseReport) -> None:
    if new.user_id == me.user_id:
        raise does_not_apply("user_id", "Another user")
    if bool(new.message_ids) is not bool(new.conversation_id):
        raise does_not_apply("message_ids", "Messages and their conversation, or neither")
    if not (new.text or new.avatar or new.message_ids):
        raise does_not_apply("text", "At least one of: a text, the picture, messages")
    if new.conversation_id:
        conversations.own_conversation(me, new.conversation_id)
