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

Failures: of two concurrent decisions, the later one is made again on the result of the other (`choices`). If
a response is lost, the repeated request finds that it changes nothing.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.accounts.model import Account
from chalicelib.consents import evidence, records, store
from chalicelib.consents.evidence import Event, EventState
from chalicelib.consents.model import (
    ASKED_FOR,
    Choice,
    Consent,
    ConsentPurpose,
    ConsentState,
    Method,
    Purposes,
    decided,
    none_decided,
)
from chalicelib.consents.notices import service as notices
from chalicelib.consents.records import RecordList, RecordReader
from chalicelib.consents.store import PURPOSES, stored  # noqa: F401 - offered to other rooms
from chalicelib.core import chain, clock, metrics
from chalicelib.core.chain import Unreadable
from chalicelib.core.errors import Unavailable, existing
from chalicelib.core.http import Cursor, PageSize, invalid_cursor
from chalicelib.core.languages import Language
from chalicelib.core.metrics import Metric
from chalicelib.core.transactions import Write
from chalicelib.privacy.purposes import Purpose
from chalicelib.privacy.subject_keys import SubjectKeys

_LIST = "c"  # in cursors
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
    return _made(account, before, keys, changed, dict.fromkeys(objected, now))


def of_minority(account: Account, before: Purposes | None, keys: SubjectKeys) -> Decision:
    """The decisions of a subject who turns out to be too young: no consent, and no statement about the age.

    It writes in any case, so that a concurrent consent is decided again.
    """
    known = before or none_decided(account.account_id)
    changed = _after_choices(known, _withdrawals(before, ASKED_FOR), clock.now())
    return _made(account, before, keys, replace(changed, of_age=None), {})


def _made(
    account: Account,
    before: Purposes | None,
    keys: SubjectKeys,
    changed: "_Changed",
    objected: Mapping[Purpose, datetime],
) -> Decision:
    known = before or none_decided(account.account_id)
    after = known.model_copy(
        update={
            "consents": changed.consents,
            "to_delete": changed.to_delete,
            "objections": {**changed.objections, **objected},
            "of_age": changed.of_age,
            "version": known.version + 1,
        }
    )
    return Decision(
        after,
        withdrawn=changed.purposes(EventState.WITHDRAWN),
        given=changed.purposes(EventState.GIVEN, EventState.RENEWED),
        objected=tuple(objected),
        writes=_writes(account, before, after, changed.events, keys),
        counts=tuple((_COUNTED[event.event_state], event.purpose) for event in changed.events),
    )


@dataclass(frozen=True)
class _Changed:
    consents: dict[Purpose, Consent]
    to_delete: dict[Purpose, datetime]
    objections: dict[Purpose, datetime]
    events: tuple[Event, ...]
    of_age: int | None

    def purposes(self, *states: EventState) -> tuple[Purpose, ...]:
        """The purposes of events of these kinds."""
        return tuple(
            ConsentPurpose(event.purpose).purpose for event in self.events if event.event_state in states
        )


def _after_choices(before: Purposes, asked: Collection[Choice], now: datetime) -> _Changed:
    """The decisions after some choices, and an event for each choice that changed one."""
    consents, to_delete = dict(before.consents), dict(before.to_delete)
    objections, events, of_age = dict(before.objections), list[Event](), before.of_age
    for choice in asked:
        stood = consents.get(choice.purpose)
        if consent := _decided(stood, choice, objections, now):
            consents[choice.purpose] = consent
            events.append(Event.of(choice.purpose, stood, consent, choice.age))
            of_age = choice.age.threshold if choice.age and choice.age.is_new else of_age
            if events[-1].event_state is EventState.WITHDRAWN:
                to_delete[choice.purpose] = now
            if events[-1].gives:
                objections.pop(choice.purpose, None)
    return _Changed(consents, to_delete, objections, tuple(events), of_age)


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
