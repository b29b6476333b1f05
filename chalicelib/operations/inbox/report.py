"""Reports the inbox each hour: two gauges, and a mail to the contact of the controller (ADR 91).

The contact gets a mail about each entry when it is new, and again when a third of its time is left; and each
morning, if the inbox is not empty, a mail about all entries. A mail has days and our own words, and no id.

Invariants:

- What a mail was about is stored after SES took it. A run that is killed between mails the same again.
- A source that cannot be read makes no entry new again, and no gauge too low: then there is none.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import partial
from itertools import islice

from chalicelib.core import clock, metrics
from chalicelib.core.clock import DAY, MINUTE
from chalicelib.core.ids import MailId
from chalicelib.core.languages import Language, day_in_words
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import settings
from chalicelib.messages import mail
from chalicelib.messages.mail import Mail
from chalicelib.operations.inbox import service
from chalicelib.operations.inbox.model import DueBy, InboxState, SeenEntry, Waiting
from chalicelib.operations.inbox.service import Inbox
from chalicelib.operations.inbox.store import STATE
from chalicelib.privacy.leases import LeaseTaken
from chalicelib.privacy.purposes import Purpose

MORNING = time(7)  # in Belgrade
_LEASED = 2 * MINUTE  # the function may run for one
_KNOWN = 2000  # entries of its state
_LISTED = 40  # lines of a part of a mail
_A_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class InboxRun:
    """What a run found, and of how many entries it sent a mail."""

    waiting: int
    mailed: int


def run() -> InboxRun:
    """Measure the inbox, and mail what is new, what is urgent, and in the morning all of it.

    Raises:
        MailNotSent: the mail may not have been sent; the next run sends it.
        Unavailable: the table does not answer.
    """
    inbox, now = service.collect(None), clock.now()
    if not inbox.unavailable:
        metrics.gauge(Metric.INBOX_OPEN, len(inbox.waiting))
        metrics.gauge(Metric.INBOX_DUE, sum(one.due_at <= now + DAY for one in inbox.waiting))
    with suppress(LeaseTaken):
        return _report(inbox, STATE.lease(now + _LEASED))
    return InboxRun(len(inbox.waiting), 0)


def _report(inbox: Inbox, before: InboxState) -> InboxRun:
    now, known = clock.now(), {one.entry: one for one in before.seen}
    found = {_name(one): one for one in inbox.waiting}
    seen = {name: _seen(name, one, known.get(name), now) for name, one in found.items()}
    is_morning = before.morning != clock.day_of(now) and now.astimezone(clock.ZONE).time() >= MORNING
    parts = (
        {"All that waits": list(found)}
        if is_morning
        else {
            "New": [name for name in found if name not in known],
            "A third of the time or less is left": [
                name
                for name, one in known.items()
                if name in seen and seen[name].is_urgent and not one.is_urgent
            ],
        }
    )
    if mailed := sum(map(len, parts.values())):
        listed = {title: [found[name] for name in names] for title, names in parts.items() if names}
        mail.send(_mail(listed, _lacking(inbox), now), Purpose.LEGAL_OBLIGATION, None)
    is_partial = inbox.unavailable or inbox.has_more  # what was not read stays known
    hidden = [one for name, one in known.items() if name not in seen] if is_partial else []
    morning = clock.day_of(now) if is_morning else before.morning
    STATE.release(before, seen=(*seen.values(), *hidden)[:_KNOWN], morning=morning)
    return InboxRun(len(found), mailed)


def _name(one: Waiting) -> str:
    return hashlib.sha256(f"{one.kind} {one.id} {one.needed}".encode()).hexdigest()[:16]


def _seen(name: str, one: Waiting, before: SeenEntry | None, now: datetime) -> SeenEntry:
    since = before.since if before else now
    return SeenEntry(entry=name, since=since, is_urgent=now >= since + (one.due_at - since) * 2 / 3)


def _lacking(inbox: Inbox) -> Iterator[str]:
    """Yield what the mail does not list."""
    if inbox.unavailable:
        yield f"Not read, since it is unavailable: {_kinds(inbox.unavailable)}."
    if inbox.has_more:
        yield f"Only the first ones were read: {_kinds(inbox.has_more)}."


def _kinds(sources: Sequence[str]) -> str:
    return ", ".join(sources).replace("_", " ")


def _mail(parts: Mapping[str, Sequence[Waiting]], lacking: Iterable[str], now: datetime) -> Mail:
    late = sum(one.due_at <= now for listed in parts.values() for one in listed)
    count = sum(map(len, parts.values()))
    lines = [line for title, listed in parts.items() for line in (f"{title}:", *_lines(listed, now))]
    return Mail(
        mail_id=MailId.new(),
        to=settings().contact_email,
        language=Language.ENGLISH,
        subject=f"RU4M inbox: {count} {'case' if count == 1 else 'cases'}"
        + (f", {late} late" if late else ""),
        paragraphs=(*lines, *lacking, "`ops inbox` lists them with their ids, and the command for each."),
        discloses=frozenset(),
    )


def _lines(listed: Sequence[Waiting], now: datetime) -> Iterator[str]:
    """Yield a line for entries of the same day, kind and need, the most urgent first."""
    same = Counter(map(partial(_line, now), listed))
    for line, count in islice(same.items(), _LISTED):
        yield f"{count} x {line}" if count > 1 else line
    if len(same) > _LISTED:
        yield f"and {len(same) - _LISTED} more lines"


def _line(now: datetime, one: Waiting) -> str:
    day = day_in_words(clock.day_of(one.due_at - _A_SECOND), Language.ENGLISH)
    rule = "by law" if one.by is DueBy.LAW else "our rule"
    late = ", late" if one.due_at <= now else ""
    return f"{day} ({rule}{late}): {one.kind.replace('_', ' ')}, {one.needed.plainly}"
