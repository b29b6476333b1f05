"""Copies the messages that a report names, before their author can delete them (ADR 114).

The request that makes the report copies them; while Stream does not answer, a job tries again. A copy is
final. Content of messages is in no log, and is sealed with the report.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate, zip_longest
from typing import TypeVar

from chalicelib.core import clock
from chalicelib.core.clock import DAY
from chalicelib.core.errors import Unavailable
from chalicelib.core.transactions import commit
from chalicelib.people.conversations.model import cid_of
from chalicelib.privacy.cases import CaseChanged
from chalicelib.safety.reports.model import AbuseReport, MessageCopy, ReportedMessage
from chalicelib.safety.reports.reported_files import ReportedFile
from chalicelib.safety.reports.store import REPORTS
from chalicelib.stream import channels
from chalicelib.stream.files import is_streams
from chalicelib.stream.model import StreamRefused, message_id_of

T = TypeVar("T")

# Stream may fail for some messages for good. So a try ends after some failures, each begins with another
# message, and what could not be copied for a week is given up.
MOST_FAILED, _TRIED_FOR = 2, 7 * DAY
_LONGEST = 8_000  # bytes of a text as JSON: twenty of them fit into an item


def copy(report: AbuseReport) -> AbuseReport:
    """Copy what waits, and return the report then. It may be repeated.

    What Stream answers is copied. The second message for which it does not answer ends the try.

    Raises:
        Unavailable: Stream or a table does not answer; nothing is copied.
    """
    if report.is_copied:
        return report
    waiting = [one for one in report.messages if one.state is MessageCopy.WAITING]
    if clock.now() > report.reported_at + _TRIED_FOR:
        given_up = {one.message_id: _not_available(one) for one in waiting}
        return recorded(report, report.with_copies(given_up, ()), "copied", {"copied": 0})
    found, failed = list[tuple[ReportedMessage, list[ReportedFile]]](), list[Unavailable]()
    for one in by_turns(waiting, report.work.tries):
        if len(failed) < MOST_FAILED:
            try:
                found.append(_copied(report, one))
            except Unavailable as failure:
                failed.append(failure)
    if failed and not found:
        raise failed[0]
    copies = {one.message_id: one for one, _ in found}
    # By turns, so that no message takes the places of all.
    turns = (file for turn in zip_longest(*(files for _, files in found)) for file in turn if file)
    after = report.with_copies(copies, turns)
    got = sum(one.state is MessageCopy.COPIED for one in copies.values())
    return recorded(report, after, "copied", {"copied": got})


def recorded(before: AbuseReport, after: AbuseReport, event: str, said: Mapping[str, object]) -> AbuseReport:
    """Store what was copied, and return the report then; the tries of the job begin anew.

    Raises:
        Unavailable: the report was changed meanwhile, or a table does not answer.
    """
    after = after.scheduled(before.work.model_copy(update={"tries": 0}))
    try:
        after, writes = REPORTS.change(before, after, event, None, said)
        commit(*writes)
    except CaseChanged:
        raise Unavailable from None
    return after


def _copied(report: AbuseReport, one: ReportedMessage) -> tuple[ReportedMessage, list[ReportedFile]]:
    """Our copy of a message, and its files, which the job copies.

    Raises:
        StreamUnavailable: Stream does not answer.
    """
    known = message_id_of(one.message_id)
    try:
        found = channels.find_message(known) if known else None
    except StreamRefused:
        found = None
    place = (report.user_id, cid_of(report.conversation_id) if report.conversation_id else None)
    if found is None or (found.author, found.cid) != place or found.is_deleted:
        return _not_available(one), []
    copied = {"state": MessageCopy.COPIED, "text": _cut(found.text), "sent_at": found.sent_at}
    named = dict.fromkeys(file.url for file in found.files)
    fetched = (link if link.isascii() and is_streams(link) else None for link in named)
    files = [ReportedFile.named(one.message_id, link) for link in fetched]
    return one.model_copy(update={**copied, "files": len(found.files)}), files


def _not_available(one: ReportedMessage) -> ReportedMessage:
    return one.model_copy(update={"state": MessageCopy.NOT_AVAILABLE})


def by_turns(found: Sequence[T], tries: int) -> Sequence[T]:
    """The same in the order for a try, each of which begins with another one."""
    first = tries % max(len(found), 1)
    return (*found[first:], *found[:first])


def _cut(text: str) -> str:
    """The beginning of a text, without control characters; quotes and line ends are two bytes in JSON."""
    shown = [one for one in text if one.isprintable() or one in "\n\t"]
    sizes = accumulate(len(one.encode()) + (one in '"\\\n\t') for one in shown)
    return "".join(one for one, size in zip(shown, sizes, strict=True) if size <= _LONGEST)
