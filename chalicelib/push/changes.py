"""Asks for pushes of what the stream of Accounts shows: invitations, security events, notices, missed calls.

A record of the stream has keys only. What is pushed follows from the current rows, so a late or repeated
record does no harm: a repeated push has the same id, and the phone shows it once.

The worker sends them, so a provider that is down delays a push and loses none for a quarter of an hour. The
rooms below this one do not know it: a row that they store is what its user is notified of.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.accounts.sessions.model import SecurityEventKind
from chalicelib.accounts.sessions.service import SESSION
from chalicelib.consents.notices import service as notices
from chalicelib.core import clock, needs
from chalicelib.core.clock import MINUTE
from chalicelib.core.ids import AccountId, PushId, SessionId, UserId
from chalicelib.core.needs import NO_SESSION, Claims
from chalicelib.people.contacts import service as contacts
from chalicelib.people.contacts.model import InvitationState
from chalicelib.privacy.purposes import Practice
from chalicelib.push import asks, store
from chalicelib.push.asks import AskedPush
from chalicelib.push.calls import store as calls
from chalicelib.push.model import PushKind

_NEW = 10 * MINUTE
_PUSHED = frozenset(
    {
        SecurityEventKind.SIGN_IN_WAITS,
        SecurityEventKind.NUMBER_CHANGED,
        SecurityEventKind.NUMBER_RETURNED,
        SecurityEventKind.NUMBER_PASSED,
        SecurityEventKind.COPIED_TOKEN_REFUSED,
        SecurityEventKind.PIN_REMOVED,
    }
)


@dataclass(frozen=True)
class ChangedRow:
    """A record of the stream: what happened to which row of which account."""

    event: str  # INSERT, MODIFY or REMOVE
    account_id: AccountId
    sort_key: str

    @property
    def push_id(self) -> PushId:
        """The same for each delivery of the record. The keys have random parts, so the hash shows none."""
        return PushId.from_digest(hashlib.sha256(f"{self.account_id} {self.sort_key}".encode()).digest())


def ask_for_pushes(records: Iterable[Mapping[str, Any]]) -> None:
    """Ask the worker to push what records of the stream show, each to the account that it concerns.

    Raises:
        Unavailable: a table or the queue does not answer; Lambda delivers all records again.
    """
    if notices.describes(Practice.NOTIFYING):
        rows = filter(None, map(row_of, records))
        asks.ask_all([asked for row in rows if (asked := _asked(row))])


def row_of(record: Mapping[str, Any]) -> ChangedRow | None:
    """The row of a record; None if it is not one of an account."""
    keys = record["dynamodb"]["Keys"]
    account_id = store.account_of(keys["pk"]["S"])
    return ChangedRow(record["eventName"], account_id, keys["sk"]["S"]) if account_id else None


def _asked(row: ChangedRow) -> AskedPush | None:
    prefix = row.sort_key.partition("#")[0]
    read = _READERS.get((row.event, prefix))
    return read(row) if read else None


def _is_new(at: datetime) -> bool:
    """Return whether a row is new. A pin or a hold rewrites rows, and wakes no phone."""
    return clock.now() - _NEW <= at


def _invited(row: ChangedRow) -> AskedPush | None:
    """A new invitation, also over one that has ended."""
    found = contacts.invitation_from(row.account_id, AccountId(row.sort_key.partition("#")[2]))
    if found is None or found.state is not InvitationState.PENDING or not _is_new(found.sent_at):
        return None
    return AskedPush(account_id=row.account_id, kind=PushKind.INVITATION, id=found.invitation_id)


def _met(row: ChangedRow) -> AskedPush | None:
    """A new contact who accepted an invitation of the account; the other one did it."""
    met = contacts.contact_with(UserId(row.sort_key.partition("#")[2]))
    contact = needs.read_batch(Claims(row.account_id, NO_SESSION), (met,))[met]
    if contact is None or not _is_new(contact.since):
        return None
    invitation = contacts.invitation_from(contact.account_id, row.account_id)
    if invitation is None or invitation.state is not InvitationState.ACCEPTED:
        return None
    return AskedPush(account_id=row.account_id, kind=PushKind.CONTACT, id=row.push_id)


def _security(row: ChangedRow) -> AskedPush | None:
    """A sign-in concerns the other devices, if its own was new."""
    _, _, kind, session = row.sort_key.split("#")
    session_id, signed_in = SessionId.parse(session), kind == SecurityEventKind.SIGNED_IN
    is_new_device = signed_in and session_id and _is_new_device(row.account_id, session_id)
    if not (is_new_device or kind in _PUSHED):
        return None
    return AskedPush(account_id=row.account_id, kind=PushKind.SECURITY, id=row.push_id, but=session_id)


def _is_new_device(account_id: AccountId, session_id: SessionId) -> bool:
    session = needs.read_batch(Claims(account_id, session_id), (SESSION,))[SESSION]
    return session is not None and session.new_device


def _missed(row: ChangedRow) -> AskedPush | None:
    if not calls.is_stored(row.account_id, row.sort_key):
        return None
    call_id = row.sort_key.rpartition("#")[2]
    return AskedPush(account_id=row.account_id, kind=PushKind.MISSED_CALL, id=call_id)


def _noticed(row: ChangedRow) -> AskedPush | None:
    return AskedPush(account_id=row.account_id, kind=PushKind.NOTICE, id=row.push_id)


_READERS: Mapping[tuple[str, str], Callable[[ChangedRow], AskedPush | None]] = {
    ("INSERT", "invitation"): _invited,
    ("MODIFY", "invitation"): _invited,
    ("INSERT", "contact"): _met,
    ("INSERT", "security"): _security,
    ("INSERT", "account_notice"): _noticed,
    ("INSERT", "missed_call"): _missed,
}
