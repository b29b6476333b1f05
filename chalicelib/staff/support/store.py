"""All DynamoDB access of messages to our support, in Accounts.

    A#<account>, support_message#<id>    of an account that had the mailbox
    M#<id>, support_message#<id>         of a person without one

The index `due` lists them, those whose answer is not mailed first, then open ones; `live` finds one by its
id. A message of an account is in its partition, so copies, holds and the erasure have it.
"""

from chalicelib.core import clock, table
from chalicelib.core.ids import SupportMessageId
from chalicelib.core.table import Attr, Change, Index, Item, Key, Query, Table, partition_of, visible
from chalicelib.core.transactions import Write
from chalicelib.privacy import codec
from chalicelib.privacy.cases import CaseChanged, CaseTable
from chalicelib.privacy.periods import Period
from chalicelib.staff.support.model import AnswerMail, SupportMessage

LIST = "support_messages"
_SK = "support_message#"


def _key(one: SupportMessage) -> Key:
    named = one.support_message_id
    return Key(
        Table.ACCOUNTS, partition_of(one.account_id) if one.account_id else f"M#{named}", f"{_SK}{named}"
    )


def _find(named: SupportMessageId) -> Key | None:
    """The key of a message; None if there is none, or if it was received a moment ago."""
    rows = table.query(Query(Table.ACCOUNTS, named, index=Index.LIVE, limit=1))
    return next((Key(Table.ACCOUNTS, row["pk"], row["sk"]) for row in rows), None)


def _indexed(one: SupportMessage) -> Item:
    state = one.mail if one.mail is AnswerMail.UNSENT else "open" if one.is_open else "closed"
    return {
        Index.DUE.pk: LIST,
        Index.DUE.sk: f"{state}#{clock.to_text(one.received_at)}",
        Index.LIVE.pk: one.support_message_id,
    }


MESSAGES = CaseTable(
    SupportMessage,
    LIST,
    SupportMessageId,
    id_at=lambda place: SupportMessageId((place.sk or "").removeprefix(_SK)),
    find=_find,
    key_of=_key,
    indexed=_indexed,
    kept_until=lambda _: Period.AUDIT.ends(clock.now()),
    index=Index.DUE,
)


def counting(before: SupportMessage, tries: int) -> tuple[SupportMessage, Write]:
    """The next version of a message, with the number of tries of its mail, and its write without evidence."""
    after = before.model_copy(update={"tries": tries, "version": before.version + 1})
    return after, MESSAGES.replacement(after)


def losing(named: SupportMessageId) -> list[Write]:
    """The writes that reopen a message whose answer came back; none if no mail with an answer was taken.

    They need no key. Their conflict is CaseChanged or HeadMoved.
    """
    place = _find(named)
    item = table.get(place) if place else None
    before = codec.glance(SupportMessage, item) if item else None
    if place is None or before is None or before.mail not in {AnswerMail.SENT, AnswerMail.IN_DOUBT}:
        return []
    lost = {"mail": AnswerMail.LOST, "closed_at": None, "version": before.version + 1}
    after = before.model_copy(update=lost)
    put = {"mail": AnswerMail.LOST, "version": after.version, **_indexed(after)}
    same = visible() & Attr("version").eq(before.version)
    change = Change(place, put=put, drop=("closed_at",), only_if=same, conflict=CaseChanged)
    return [change, MESSAGES.evidence(after, f"mail_{AnswerMail.LOST}", None, {})]
