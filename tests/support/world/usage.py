"""Subjects with decisions about purposes and usage events, stored without the routes.

Tests need many events.
"""

import json
from datetime import datetime
from typing import Any
from uuid import uuid4

from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import Platform
from chalicelib.consents import store as decisions
from chalicelib.consents.model import Consent, ConsentState, Purposes
from chalicelib.consents.service import PURPOSES
from chalicelib.core import clock, needs, table
from chalicelib.core.clock import DAY
from chalicelib.core.ids import AccountId
from chalicelib.core.table import Item, Table
from chalicelib.privacy import bundles, codec
from chalicelib.privacy.purposes import Purpose
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.usage import service, store
from chalicelib.usage.model import DiagnosticsEvent, UsageBatch, UsageEvent
from tests.support.clouds import cloud
from tests.support.world.builders import a_device, a_phone, an_event


def decide(
    account: str, *, consents: tuple[Purpose, ...] = (), since: datetime | None = None, **more: Any
) -> None:
    """Replace an account's choices; consents are old enough to cover every event."""
    account_id, since = AccountId(account), since or clock.now() - 40 * DAY
    given = {purpose: Consent(state=ConsentState.GIVEN, since=since) for purpose in consents}
    choices = Purposes(account_id=account_id, consents=given, **more)
    (found,) = needs.read_accounts([account_id], (DATA_KEY,))
    place = decisions.key(account_id)
    table.put_all(Table.ACCOUNTS, [(place, codec.to_item(choices, place, found[DATA_KEY]))])


KINDS = (UsageEvent, DiagnosticsEvent)


def stored_items() -> list[Item]:
    """Return every item of events, in plain values."""
    return [table.items.plain(raw) for kind in KINDS for raw in cloud.records(kind.declaration.kind)]


def stored_events() -> list[Item]:
    """Return every event that is stored, each as an item of its own."""
    kinds = {kind.declaration.kind: kind for kind in KINDS}
    return [row for item in stored_items() for row in bundles.unpacked(kinds[item["kind"]], item)]


def a_person(*events: dict[str, Any], consents: tuple[Purpose, ...] = (Purpose.ANALYTICS,)) -> AccountId:
    """Create an account that consented and submitted these events."""
    account, _, writes = accounts.new_account(a_phone(), None)
    table.transact(writes)
    decide(account.account_id, consents=consents)
    if events:
        submit_usage(account.account_id, *events, consents=consents)
    return account.account_id


def submit_usage(account_id: AccountId, *events: dict[str, Any], **choices: Any) -> None:
    decide(account_id, **choices)
    batch = UsageBatch.model_validate_json(json.dumps({"events": events, "device": a_device()}))
    (found,) = needs.read_accounts([account_id], (PURPOSES, DATA_KEY))
    taken = service.accept_batch(account_id, found[PURPOSES], {Purpose.ANALYTICS}, batch)
    assert taken.accepted == len(events)


def store_singly(account_id: AccountId, number: int) -> None:
    """Store events of the current instant, each as an item of its own."""
    for _ in range(number):
        event = UsageEvent(
            account_id=account_id,
            event_id=uuid4(),
            at=clock.now(),
            name="meeting.joined",
            platform=Platform.IOS,
        )
        store.put(store.items_of([event]))


def ten_people(**changes: Any) -> list[AccountId]:
    return [a_person(an_event(**changes)) for _ in range(10)]
