"""The rules of consents (RGT-7, USE-4, USE-11).

Invariants:

- The state of a purpose and its newest event agree, because one transaction writes both. One exception: no
  entry can follow one that was tampered with. A withdrawal then takes effect without its event, which is
  stored beside the state until it can be put on record (ADR 13).
- A consent is given to the privacy notice that applies to the subject now. A withdrawal is never refused.
- A consent is given and used only while a practice of the policy in effect uses it. When the policy ends the
  practice, the consent and its evidence stay and permit nothing; a later version may describe it again.
- Repeating a decision changes nothing and puts nothing on record.
- A decision applies from the next read on, because `privacy/purposes` decides by the item itself.
- The routes and the rights requests (withdrawal, objection to direct marketing) decide by one path,
  `Decision`. So a decision has the same effect and the same evidence by every way.
- A withdrawal deletes no data. The same write lists the purpose for deletion (`renewal`, ADR 28).

Failures: of two concurrent decisions, the later one is made again on the result of the other, a bounded
number of times. If a response is lost, the repeated request finds that it changes nothing.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from chalicelib.accounts.model import Account
from chalicelib.consents import evidence, records, store
from chalicelib.consents.evidence import Event, EventState
from chalicelib.consents.model import (
    GPC_REFUSES,
    Choice,
    Consent,
    ConsentDecision,
    ConsentPurpose,
    ConsentState,
    Method,
    NoticeOutdated,
    NotOffered,
    Purposes,
    decided,
    none_decided,
)
from chalicelib.consents.notices import service as notices
from chalicelib.consents.notices.model import NoticeKind, NoticeVersion
from chalicelib.consents.notices.versions import Standing
from chalicelib.consents.records import RecordList, RecordReader
from chalicelib.consents.store import PURPOSES, DecidedMeanwhile, stored  # noqa: F401 - offered to other rooms
from chalicelib.core import chain, clock, metrics
from chalicelib.core.chain import Unreadable
from chalicelib.core.errors import Unavailable, existing
from chalicelib.core.http import Cursor, GlobalPrivacyControl, PageSize, invalid_cursor
from chalicelib.core.languages import Language
from chalicelib.core.metrics import Metric
from chalicelib.core.transactions import Write, commit
from chalicelib.messages.suppressions import service as suppressions
from chalicelib.messages.suppressions.model import DIRECT_MARKETING
from chalicelib.messages.suppressions.service import Addresses, SuppressionMoved
from chalicelib.privacy.purposes import Purpose
from chalicelib.privacy.subject_keys import SubjectKeys

_LIST = "c"  # in cursors
# Tries of one decision; as many concurrent decisions of one subject all succeed.
TRIES = 8

_COUNTED: Mapping[EventState, Metric] = {
    EventState.GIVEN: Metric.CONSENT_GIVEN,
    EventState.RENEWED: Metric.CONSENT_GIVEN,
    EventState.REFUSED: Metric.CONSENT_WITHDRAWN,
    EventState.WITHDRAWN: Metric.CONSENT_WITHDRAWN,
}


def _before(cursor: Cursor | None) -> int | None:
    """The number in the chain before which the page ends: one entry is left at least."""
    before = cursor.number(_LIST) if cursor is not None else None
    if before == 1:
        raise invalid_cursor()
    return before


def choices(
    purpose: Purpose, asked: ConsentDecision, privacy: Standing, signal: GlobalPrivacyControl | None
) -> tuple[Choice, ...]:
    """The choices in a request: that of the subject, then those of the browser's signal.

    Raises:
        NotOffered: no practice of the policy in effect uses the consent.
        NoticeOutdated: the consent names a notice that does not apply now.
    """
    said = Choice(purpose, asked.state, _shown(purpose, asked, privacy))
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


def decide(
    account: Account | None,
    before: Purposes | None,
    keys: SubjectKeys,
    *asked: Choice,
    mailbox: str | None = None,
) -> Purposes:
    """Apply choices and put them on record; choices that change nothing are not recorded.

    A consent to direct marketing also lifts the suppression of the account's number and mailbox.

    Args:
        account: The opened account, for its pseudonym and number.
        before: The decisions as the request read them.
        keys: The account's data keys.
        asked: The choices in order; either all of them apply, or none.
        mailbox: That of the profile, if there is one.

    Raises:
        NotFound: the account is erased.
        Unavailable: concurrent decisions won every time, or a consent could not be put on record.
    """
    account = existing(account)
    for _ in range(TRIES):
        made = of_choices(account, before, keys, *asked)
        if not made.writes:
            return made.after
        wanted = [purpose for purpose in made.given if purpose in DIRECT_MARKETING]
        lifts = suppressions.lifting(Addresses(account.phone, mailbox), wanted) if wanted else []
        try:
            commit(*made.writes, *lifts)
        except (DecidedMeanwhile, SuppressionMoved):
            before = store.read(account.account_id)
        else:
            for metric, purpose in made.counts:
                metrics.count(metric, of=purpose)
            return made.after
    raise Unavailable


def history(
    account: Account | None,
    purpose: Purpose,
    cursor: Cursor | None,
    size: PageSize,
    *,
    country: str | None,
    language: Language,
) -> RecordList:
    """Read the records of one purpose, newest first, from the Ledger, for their subject.

    Args:
        account: The opened account.
        purpose: The purpose.
        cursor: Where the page before ended.
        size: How many records a page has at most.
        country: As the subject declared it; it selects the authority that the records name.
        language: In which the subject reads.

    Raises:
        InvalidRequest: the cursor was not issued here.
        NotFound: the account is erased.
    """
    account = existing(account)
    found, more = chain.page(evidence.chain_of(account.pseudonym), _before(cursor), size)
    events = evidence.events_about(purpose, found)
    reader = RecordReader(account.user_id, country, language)
    items = tuple(records.record(event, reader, notices.published()) for event in events)
    return RecordList(items=items, next_cursor=Cursor.numbered(_LIST, more) if more else None)


def _shown(purpose: Purpose, asked: ConsentDecision, privacy: Standing) -> NoticeVersion | None:
    """The version of the notice to put on record; a withdrawal may name any version, or none.

    Consent may be given to the notice that applies to the subject, or to the notice in effect that replaces
    it: an app may show the new notice before it was announced to this subject. The notice has to describe a
    use of the consent.

    Raises:
        NotOffered: the notice in effect describes no use of the consent.
        NoticeOutdated: the consent names another notice.
    """
    if asked.state is ConsentState.WITHDRAWN:
        known = {notice.version for notice in notices.published() if notice.kind is NoticeKind.PRIVACY}
        return asked.notice_version if asked.notice_version in known else None
    newest = notices.current(NoticeKind.PRIVACY)
    if purpose not in newest.offers:
        raise NotOffered
    shown = [n.version for n in (privacy.current(clock.now()), newest) if purpose in n.offers]
    if asked.notice_version not in shown:
        raise NoticeOutdated(current=shown[0])
    return asked.notice_version


@dataclass(frozen=True)
class Decision:
    """Decisions after some choices.

    Attributes:
        after: the decisions.
        withdrawn: the purposes whose consent the choices end.
        given: the purposes to which the choices give consent.
        objected: the purposes to which the subject newly objects.
        writes: store the decisions and their evidence in one transaction; none if nothing changes. Their
            conflict DecidedMeanwhile means that another decision of the subject came first.
        counts: what to count once the writes are committed, each with the value of its dimension.
    """

    after: Purposes
    withdrawn: tuple[Purpose, ...] = ()
    given: tuple[Purpose, ...] = ()
    objected: tuple[Purpose, ...] = ()
    writes: tuple[Write, ...] = ()
    counts: tuple[tuple[Metric, str], ...] = ()


def of_choices(account: Account, before: Purposes | None, keys: SubjectKeys, *asked: Choice) -> Decision:
    """The decisions after choices, in their order. A consent ends an objection to its purpose.

    Raises:
        Unavailable: no entry can be appended to the history, and a consent needs evidence (Art. 7(1) GDPR).
    """
    return _decision(account, before, keys, asked, objects_to=())


def of_withdrawal(
    account: Account, before: Purposes | None, keys: SubjectKeys, purposes: Collection[Purpose]
) -> Decision:
    """The decisions after a withdrawal of the consents to some purposes; it is never refused."""
    return _decision(account, before, keys, _withdrawals(before, purposes), objects_to=())


def of_objection(
    account: Account, before: Purposes | None, keys: SubjectKeys, purposes: Collection[Purpose]
) -> Decision:
    """The decisions after an objection to purposes, which also withdraws the consents to them.

    A consent that is given later is then a new decision, with evidence of its own, and ends the objection.
    """
    return _decision(account, before, keys, _withdrawals(before, purposes), objects_to=purposes)


def _withdrawals(before: Purposes | None, purposes: Collection[Purpose]) -> tuple[Choice, ...]:
    """The choices that withdraw what is given; a purpose without a consent stays undecided."""
    in_force = before.in_force if before else {}
    return tuple(Choice(purpose, ConsentState.WITHDRAWN) for purpose in in_force if purpose in purposes)


def _decision(
    account: Account,
    before: Purposes | None,
    keys: SubjectKeys,
    asked: Collection[Choice],
    objects_to: Collection[Purpose],
) -> Decision:
    now, known = clock.now(), before or none_decided(account.account_id)
    changed = _after_choices(known, asked, now)
    objected = tuple(purpose for purpose in objects_to if purpose not in known.objections)
    if not changed.events and not objected:
        return Decision(known)
    after = known.model_copy(
        update={
            "consents": changed.consents,
            "to_delete": changed.to_delete,
            "objections": changed.objections | dict.fromkeys(objected, now),
            "version": known.version + 1,
        }
    )
    return Decision(
        after,
        withdrawn=changed.purposes(EventState.WITHDRAWN),
        given=changed.purposes(EventState.GIVEN, EventState.RENEWED),
        objected=objected,
        writes=_writes(account, before, after, changed.events, keys),
        counts=tuple((_COUNTED[event.event_state], event.purpose) for event in changed.events),
    )


@dataclass(frozen=True)
class _Changed:
    consents: dict[Purpose, Consent]
    to_delete: dict[Purpose, datetime]
    objections: dict[Purpose, datetime]
    events: tuple[Event, ...]

    def purposes(self, *states: EventState) -> tuple[Purpose, ...]:
        """The purposes of events of these kinds."""
        return tuple(
            ConsentPurpose(event.purpose).purpose for event in self.events if event.event_state in states
        )


def _after_choices(before: Purposes, asked: Collection[Choice], now: datetime) -> _Changed:
    """The decisions after some choices, and an event for each choice that changed one."""
    consents, to_delete = dict(before.consents), dict(before.to_delete)
    objections, events = dict(before.objections), list[Event]()
    for choice in asked:
        stood = consents.get(choice.purpose)
        if consent := _decided(stood, choice, objections, now):
            consents[choice.purpose] = consent
            events.append(Event.of(choice.purpose, stood, consent))
            if events[-1].event_state is EventState.WITHDRAWN:
                to_delete[choice.purpose] = now
            if events[-1].gives:
                objections.pop(choice.purpose, None)
    return _Changed(consents, to_delete, objections, tuple(events))


def _decided(
    stood: Consent | None, choice: Choice, objections: Collection[Purpose], now: datetime
) -> Consent | None:
    """The consent after a choice, or None; a consent to what the subject objected to is always a change."""
    gives = choice.state is ConsentState.GIVEN and choice.method is Method.EXPLICIT
    return decided(None if gives and choice.purpose in objections else stood, choice, now)


def _writes(
    account: Account, before: Purposes | None, after: Purposes, events: Collection[Event], keys: SubjectKeys
) -> tuple[Write, ...]:
    """The writes of decisions and their evidence, with the events that were owed before.

    If no entry can be appended to the history, withdrawals are stored alone and their events are owed.

    Raises:
        Unavailable: no entry can be appended, and a consent needs evidence.
    """
    if not events:
        return (store.stored(before, after, keys),)
    due = (*after.owed, *evidence.serialized(events))
    try:
        entry = evidence.entry(due, at=clock.now())
        history = evidence.chain_of(account.pseudonym)
        return tuple(store.recorded(before, after.model_copy(update={"owed": ()}), keys, history, entry))
    except Unreadable:
        metrics.count(Metric.CONSENT_EVIDENCE_AT_RISK)
        if any(event.gives for event in events):
            raise Unavailable from None
        return (store.stored(before, after.model_copy(update={"owed": due}), keys),)
