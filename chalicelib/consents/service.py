"""The rules of consents (RGT-7, USE-4, USE-11).

Invariants:

- The state of a purpose and its newest event agree, because one transaction writes both. One exception: no
  entry can follow one that was tampered with. A withdrawal then takes effect without its event, which is
  stored beside the state until it can be put on record (ADR 13).
- A consent is given to the privacy notice that applies to the subject now. A withdrawal is never refused.
- Repeating a decision changes nothing and puts nothing on record.
- A decision applies from the next read on, because `privacy/purposes` decides by the item itself.
- A withdrawal deletes no data. The same write lists the purpose for deletion (`withdrawal`, ADR 28).

Failures: of two concurrent decisions, the later one is made again on the result of the other, a bounded
number of times. If a response is lost, the repeated request finds that it changes nothing.
"""

from chalicelib.accounts.model import Account
from chalicelib.consents import evidence, records, store
from chalicelib.consents.evidence import Event, EventState
from chalicelib.consents.model import (
    GPC_REFUSES,
    Choice,
    ConsentDecision,
    ConsentState,
    Method,
    NoticeOutdated,
    Purposes,
    decided,
)
from chalicelib.consents.records import RecordList
from chalicelib.consents.store import PURPOSES
from chalicelib.core import chain, clock, metrics
from chalicelib.core.chain import Chain, HeadMoved, Unreadable
from chalicelib.core.errors import NotFound, Unavailable
from chalicelib.core.http import Cursor, GlobalPrivacyControl, invalid_cursor
from chalicelib.core.metrics import Metric
from chalicelib.notices import service as notices
from chalicelib.notices.model import NoticeKind, NoticeVersion
from chalicelib.notices.standing import Standing
from chalicelib.privacy.purposes import Purpose
from chalicelib.privacy.subject_keys import SubjectKeys

__all__ = ["PURPOSES", "choices", "decide", "history", "is_limited", "refusals_of"]

# Tries of one decision; as many concurrent decisions of one subject all succeed.
TRIES = 8
# Entries of a history per page.
PAGE = 100

_COUNTED = {
    EventState.GIVEN: Metric.CONSENT_GIVEN,
    EventState.RENEWED: Metric.CONSENT_GIVEN,
    EventState.REFUSED: Metric.CONSENT_WITHDRAWN,
    EventState.WITHDRAWN: Metric.CONSENT_WITHDRAWN,
}


def choices(
    purpose: Purpose, asked: ConsentDecision, privacy: Standing, signal: GlobalPrivacyControl | None
) -> tuple[Choice, ...]:
    """The choices in a request: that of the subject, then those of the browser's signal.

    Raises:
        NoticeOutdated: the consent names a notice that does not apply now.
    """
    said = Choice(purpose, asked.state, _shown(asked, privacy))
    return (said, *refusals_of(signal)) if signal else (said,)


def is_limited(asked: ConsentDecision) -> bool:
    """Return whether a decision counts for the daily limit; a withdrawal is never refused.

    Repeated withdrawals store nothing more, until consent is given again.
    """
    return asked.state is ConsentState.GIVEN


def refusals_of(signal: GlobalPrivacyControl) -> tuple[Choice, ...]:
    """The choices that Global Privacy Control makes for undecided purposes."""
    if not signal.on:
        return ()
    return tuple(Choice(p, ConsentState.WITHDRAWN, method=Method.GPC) for p in GPC_REFUSES)


def decide(account: Account | None, before: Purposes | None, keys: SubjectKeys, *asked: Choice) -> Purposes:
    """Apply choices and put them on record; choices that change nothing are not recorded.

    Args:
        account: The opened account, for its pseudonym.
        before: The decisions as the request read them.
        keys: The account's data keys.
        asked: The choices in order; either all of them apply, or none.

    Raises:
        NotFound: the account is erased.
        Unavailable: concurrent decisions won every time, or a consent could not be put on record.
    """
    if account is None:
        raise NotFound
    history = evidence.chain_of(account.pseudonym)
    for _ in range(TRIES):
        after, events = _after_choices(before or Purposes(account_id=account.account_id, version=0), asked)
        if not events:
            return after
        try:
            _keep(before, after, events, keys, history)
        except (store.DecidedMeanwhile, HeadMoved):
            before = store.read(account.account_id)
        else:
            _count(events)
            return after
    raise Unavailable


def _keep(
    before: Purposes | None, after: Purposes, events: list[Event], keys: SubjectKeys, history: Chain
) -> None:
    """Store decisions and put them on record, with the events that were owed before.

    If no entry can be appended to the history, withdrawals are stored alone and their events are owed.

    Raises:
        DecidedMeanwhile, HeadMoved: a concurrent write came first.
        Unavailable: no entry can be appended, and a consent needs evidence (Art. 7(1) GDPR).
    """
    due = (*after.owed, *evidence.serialized(events))
    try:
        entry = evidence.entry(due, at=clock.now())
        store.record(before, after.model_copy(update={"owed": ()}), keys, history, entry)
    except Unreadable:
        metrics.count(Metric.CONSENT_EVIDENCE_AT_RISK)
        if any(event.gives for event in events):
            raise Unavailable from None
        store.keep(before, after.model_copy(update={"owed": due}), keys)


def history(account: Account | None, purpose: Purpose, cursor: Cursor | None) -> RecordList:
    """Read the records of one purpose, newest first, from the Ledger.

    Raises:
        InvalidRequest: the cursor was not issued here.
        NotFound: the account is erased.
    """
    if account is None:
        raise NotFound
    found, more = chain.page(evidence.chain_of(account.pseudonym), _number_of_cursor(cursor), PAGE)
    events = evidence.events_about(purpose, found)
    items = tuple(records.record(event, account.user_id, notices.published()) for event in events)
    return RecordList(items=items, next=str(more) if more else None)


def _shown(asked: ConsentDecision, privacy: Standing) -> NoticeVersion | None:
    """The version of the notice to put on record; a withdrawal may name any version, or none.

    Consent may be given to the notice that applies to the subject, or to the notice in effect that replaces
    it: an app may show the new notice before it was announced to this subject.

    Raises:
        NoticeOutdated: the consent names another notice.
    """
    if asked.state is ConsentState.WITHDRAWN:
        known = {notice.version for notice in notices.published() if notice.kind is NoticeKind.PRIVACY}
        return asked.notice_version if asked.notice_version in known else None
    current = privacy.current(clock.now()).version
    if asked.notice_version not in {current, notices.current(NoticeKind.PRIVACY).version}:
        raise NoticeOutdated(current=current)
    return asked.notice_version


def _after_choices(before: Purposes, asked: tuple[Choice, ...]) -> tuple[Purposes, list[Event]]:
    """The decisions after some choices, and an event for each choice that changed one."""
    now, consents, events, to_delete = clock.now(), dict(before.consents), [], dict(before.to_delete)
    for choice in asked:
        stood = consents.get(choice.purpose)
        if consent := decided(stood, choice, now):
            consents[choice.purpose] = consent
            events.append(Event.of(choice.purpose, stood, consent))
            if events[-1].event_state is EventState.WITHDRAWN:
                to_delete[choice.purpose] = now
    if not events:
        return before, events
    decided_now = {"consents": consents, "to_delete": to_delete, "version": before.version + 1}
    return before.model_copy(update=decided_now), events


def _count(events: list[Event]) -> None:
    for event in events:
        metrics.count(_COUNTED[event.event_state], of=event.purpose)


def _number_of_cursor(cursor: Cursor | None) -> int | None:
    """The number in the chain that a cursor encodes; the page ends before it."""
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdecimal() and 1 < int(cursor) < 10**12):
        raise invalid_cursor()
    return int(cursor)
