"""Applies withdrawals and objections again that a restored table has not (RGT-6, RGT-7, ADR 32).

A withdrawal and its event are one transaction, so the event in the Ledger proves the withdrawal. It is
applied with the instant and the record id of its event, and no new entry is written: the Ledger has one. The
purpose is also listed for deletion, since the restored table may contain data that was deleted after the
withdrawal.

Consents that were given after the backup are lost, and the app asks for them again. So of each purpose the
newest withdrawal is applied, also if consent was given again after it. A withdrawal whose event was owed to
an altered history (ADR 13) is in no entry, and is lost with the table.

The evidence of objections to direct marketing is that of their requests, so no entry is written. A consent
that was given after the objection prevails. The withdrawal that came with an objection is applied by
`with_withdrawals`; until then the objection itself forbids the use.
"""

from collections.abc import Iterable
from datetime import datetime
from itertools import takewhile

from chalicelib.consents.evidence import CHAIN, Event, EventState, chain_of
from chalicelib.consents.model import Consent, ConsentPurpose, ConsentState, Method, Purposes, none_decided
from chalicelib.consents.store import keep
from chalicelib.core import chain
from chalicelib.core.chain import ChainEntry
from chalicelib.core.ids import AccountId, Pseudonym
from chalicelib.messages.suppressions.model import DIRECT_MARKETING
from chalicelib.privacy.purposes import Purpose

__all__ = ["CHAIN", "keep", "with_objection", "with_withdrawals", "withdrawals_since"]


def withdrawals_since(pseudonym: Pseudonym, since: datetime) -> dict[Purpose, Event]:
    """The newest withdrawal of each purpose in a subject's history since an instant.

    Raises:
        Unreadable: an entry of the history was altered.
        Unavailable: the Ledger does not answer.
    """
    entries = takewhile(lambda entry: entry.at >= since, chain.newest_first(chain_of(pseudonym)))
    return _newest_withdrawals(entries)


def _newest_withdrawals(newest_first: Iterable[ChainEntry]) -> dict[Purpose, Event]:
    found: dict[Purpose, Event] = {}
    for entry in newest_first:
        events = [Event.model_validate(data) for data in entry.data.get("events", ())]
        for event in reversed(events):
            asked = ConsentPurpose.parse(event.purpose)
            if event.event_state is EventState.WITHDRAWN and asked:
                found.setdefault(asked.purpose, event)
    return found


def with_withdrawals(
    account_id: AccountId, before: Purposes | None, withdrawals: dict[Purpose, Event]
) -> Purposes | None:
    """The decisions of an account after withdrawals; None if they have all of them, or later decisions."""
    known = before or none_decided(account_id)
    lost = {purpose: event for purpose, event in withdrawals.items() if _is_lost(known, purpose, event)}
    if not lost:
        return None
    return known.model_copy(
        update={
            "consents": known.consents | {purpose: _consent(event) for purpose, event in lost.items()},
            "to_delete": known.to_delete | {purpose: event.event_time for purpose, event in lost.items()},
            "version": known.version + 1,
        }
    )


def _is_lost(known: Purposes, purpose: Purpose, withdrawal: Event) -> bool:
    stored = known.consents.get(purpose)
    if stored is None:
        return True
    return stored.record_id != withdrawal.record_id and stored.since <= withdrawal.event_time


def _consent(withdrawal: Event) -> Consent:
    return Consent(
        state=ConsentState.WITHDRAWN,
        since=withdrawal.event_time,
        notice_version=withdrawal.notice_version,
        method=Method(withdrawal.method),
        record_id=withdrawal.record_id,
    )


def with_objection(account_id: AccountId, before: Purposes | None, at: datetime) -> Purposes | None:
    """The decisions of an account after an objection; None if they have it, or a later consent."""
    known = before or none_decided(account_id)
    lost = {
        purpose: at
        for purpose in DIRECT_MARKETING
        if purpose not in known.objections
        and not (purpose in known.in_force and known.in_force[purpose].since > at)
    }
    if not lost:
        return None
    changes = {"objections": known.objections | lost, "version": known.version + 1}
    return known.model_copy(update=changes)
