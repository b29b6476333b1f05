"""The rules of consents (RGT-7, USE-4, USE-11).

What always holds:

- The state and the newest event about a purpose say the same: they are written in one transaction.
  One exception: nothing can follow an entry that was tampered with. A withdrawal is then in force without
  its event, which stands beside the state until it can be put on record (ADR 13).
- A consent is given to the privacy notice that applies to the subject now; a withdrawal is never refused.
- Saying the same again changes nothing and puts nothing on record.
- What is decided is in force with the next read, since `privacy/purposes` judges by the item itself.
- A withdrawal deletes nothing itself; it notes in the same write that data is left (`withdrawal`, ADR 28).

What may break: two decisions race, then one is decided anew over the other's outcome, a bounded number of
times; an answer is lost, then the same request again finds that it says nothing new.
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
from chalicelib.core.errors import InvalidRequest, NotFound, Unavailable
from chalicelib.core.http import Cursor, GlobalPrivacyControl
from chalicelib.core.metrics import Metric
from chalicelib.notices import service as notices
from chalicelib.notices.model import NoticeKind, NoticeVersion
from chalicelib.notices.standing import Standing
from chalicelib.privacy.purposes import Purpose
from chalicelib.privacy.subject_keys import SubjectKeys

__all__ = ["PURPOSES", "choices", "decide", "history", "refusals_of"]

# So many decisions of one subject can be made at the same moment and all get through.
TRIES = 8
# Entries of a history that one page reads.
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
    """What a request decides: what the subject says, then what their browser says about the rest.

    Raises:
        NoticeOutdated: consent would be given to a notice that does not apply now.
    """
    said = Choice(purpose, asked.state, _shown(asked, privacy))
    return (said, *refusals_of(signal)) if signal else (said,)


def refusals_of(signal: GlobalPrivacyControl) -> tuple[Choice, ...]:
    """What Global Privacy Control decides where the subject has said nothing."""
    if not signal.on:
        return ()
    return tuple(Choice(p, ConsentState.WITHDRAWN, method=Method.GPC) for p in GPC_REFUSES)


def decide(account: Account | None, before: Purposes | None, keys: SubjectKeys, *asked: Choice) -> Purposes:
    """Let choices be in force and on record; those that say nothing new leave no trace.

    Args:
        account: Opened, for its pseudonym.
        before: The decisions as the request read them.
        keys: The account's data keys.
        asked: In their order; all of them come to be together.

    Raises:
        NotFound: the account is erased already.
        Unavailable: others came first each time, or a consent can't be put on record.
    """
    if account is None:
        raise NotFound
    history = evidence.chain_of(account.pseudonym)
    for _ in range(TRIES):
        after, events = _applied(before or Purposes(account_id=account.account_id, version=0), asked)
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
    """Let decisions be in force and on record, with what was owed before; or in force alone if they must.

    Raises:
        DecidedMeanwhile, HeadMoved: others came first.
        Unavailable: the history takes no entry, and a consent without evidence is none (Art. 7(1)).
    """
    due = (*after.owed, *evidence.told(events))
    try:
        entry = evidence.entry(due, at=clock.now())
        store.record(before, after.model_copy(update={"owed": ()}), keys, history, entry)
    except Unreadable:
        metrics.count(Metric.CONSENT_EVIDENCE_AT_RISK)
        if any(event.gives for event in events):
            raise Unavailable from None
        store.keep(before, after.model_copy(update={"owed": due}), keys)


def history(account: Account | None, purpose: Purpose, cursor: Cursor | None) -> RecordList:
    """The records of one purpose, newest first, from the Ledger.

    Raises:
        InvalidRequest: the cursor is none of ours.
        NotFound: the account is erased already.
    """
    if account is None:
        raise NotFound
    found, more = chain.page(evidence.chain_of(account.pseudonym), _place(cursor), PAGE)
    events = evidence.events_about(purpose, found)
    items = tuple(records.record(event, account.user_id, notices.published()) for event in events)
    return RecordList(items=items, next=str(more) if more else None)


def _shown(asked: ConsentDecision, privacy: Standing) -> NoticeVersion | None:
    """The notice to put on record; a withdrawal goes through whatever it names, or without one.

    Consent is given to the notice that applies to the subject, or to the one in effect that replaces it:
    an app that shows the newer one is ahead of the announcement, not behind.
    """
    if asked.state is ConsentState.WITHDRAWN:
        known = {notice.version for notice in notices.published() if notice.kind is NoticeKind.PRIVACY}
        return asked.notice_version if asked.notice_version in known else None
    current = privacy.current(clock.now()).version
    if asked.notice_version not in {current, notices.current(NoticeKind.PRIVACY).version}:
        raise NoticeOutdated(current=current)
    return asked.notice_version


def _applied(before: Purposes, asked: tuple[Choice, ...]) -> tuple[Purposes, list[Event]]:
    """The decisions after some choices, and an event for each that changed something."""
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
        metrics.count(_COUNTED[event.event_state])


def _place(cursor: Cursor | None) -> int | None:
    """The number in the chain that a cursor stands for: the page ends before it."""
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdecimal() and 1 < int(cursor) < 10**12):
        raise InvalidRequest("This is not a valid cursor")
    return int(cursor)
