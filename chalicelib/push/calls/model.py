"""Missed calls: record and views."""

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.accounts.profiles.model import PublicProfile
from chalicelib.core.clock import Instant
from chalicelib.core.http import Body, View
from chalicelib.core.ids import MissedCallId, UserId
from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import After, Period
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, Record, personal
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source


class MissedCall(
    Record,
    table=Table.ACCOUNTS,
    kind="missed_call",
    purpose=Purpose.NOTIFICATIONS,
    basis=LegalBasis.CONTRACT,
    retention=After(Period.CALL_RECORD, since="missed_at"),
    key_class=KeyClass.SUBJECT,
):
    """A call of a contact that the account's owner did not answer.

    The caller's id is sealed for the owner. It stays until the record ends, also if the caller's account is
    erased before: then it is the id of no one, and no list shows the call.

    `missed_at`: to the minute, so that two reports of one call are one record.
    """

    missed_call_id: Annotated[MissedCallId, NOT_PERSONAL]
    user_id: Annotated[UserId, personal(Category.CONTACTS, Source.OBSERVED)]
    missed_at: Annotated[Instant, NOT_PERSONAL]


class UnansweredCall(Body):
    """The contact who did not answer."""

    user_id: Annotated[UserId, Field(description="Who was called")]


class CallReceived(View):
    """The response to every report. It discloses nothing about the user who was called."""

    status: Literal["received"] = "received"


class MissedCallView(View):
    """A missed call; its id is the one in the push."""

    missed_call_id: MissedCallId
    caller: PublicProfile
    missed_at: Instant


class MissedCallList(View):
    """Missed calls, newest first. Those of users who are no contacts any more are left out."""

    items: tuple[MissedCallView, ...]
    next_cursor: str | None = None
