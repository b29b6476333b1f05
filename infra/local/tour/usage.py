"""Helpers of the tour and of tests on the local cloud: usage data from past days.

Waiting for days is not possible, so events are submitted today through the API and then re-dated in the
table.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

from chalicelib.consents import store as consents
from chalicelib.consents.service import PURPOSES
from chalicelib.core import aws, clock, needs, table
from chalicelib.core.ids import AccountId
from chalicelib.core.settings import settings
from chalicelib.core.table import Delete, Key, Query, Table
from chalicelib.privacy import bundles, codec
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.usage import store
from chalicelib.usage.figures import Figures
from chalicelib.usage.model import DiagnosticsEvent, UsageEvent
from infra.local.cloud import STAGE, LocalCloud
from infra.local.tour.phone import Phone
from infra.ops.reports import plots
from infra.ops.standing_in import act_as_signup

_KINDS: dict[str, type[UsageEvent | DiagnosticsEvent]] = {
    kind.declaration.kind: kind for kind in (UsageEvent, DiagnosticsEvent)
}


def an_event(name: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - as JSON has it
    """Build an event that happens now."""
    return {"event_id": str(uuid.uuid4()), "name": name, "occurred_at": clock.to_text(clock.now()), **more}


def batch(phone: Phone, *events: dict[str, Any]) -> dict[str, Any]:
    """Build a batch as the app sends it."""
    return {"events": events, "device": {"device_id": phone.device_id, "platform": "android"}}


def move_back(cloud: LocalCloud, phones: Sequence[Phone], days: int) -> date:
    """Re-date these users' events to a past day, and their consents before it; return the day.

    The other days of the last month are closed. If the day itself is closed, it is opened again, so choose a
    day without other events.
    """
    day = clock.now().date() - timedelta(days=days)
    at = clock.from_epoch(0).replace(year=day.year, month=day.month, day=day.day, hour=12)
    with acting_as_signup(cloud):
        for phone in phones:
            account_id = phone.account_id
            _redate_consents(account_id, at)
            for item in list(table.query(Query(Table.USAGE, table.partition_of(account_id)))):
                if kind := _KINDS.get(item["kind"]):
                    events = [codec.opened(kind, row) for row in bundles.unpacked(kind, item)]
                    moved = [event.model_copy(update={"at": at}) for event in events]
                    store.put(store.items_of(moved))
                    table.write(Delete(Key(Table.USAGE, item["pk"], item["sk"])))
        if store.read_day_progress(day).published:
            table.write(Delete(Key(Table.USAGE, f"day#{day}", "figures")))
        for before in range(31):
            other = clock.now().date() - timedelta(days=before)
            if other != day and not store.read_day_progress(other).published:
                store.publish(Figures(day=other, published_at=clock.now(), figures=()))
    return day


def _redate_consents(account_id: AccountId, at: datetime) -> None:
    """Re-date all consents of an account to the day before an instant, so that they cover it."""
    (found,) = needs.read_accounts([account_id], (PURPOSES, DATA_KEY))
    if before := found[PURPOSES]:
        since = {"since": at - timedelta(days=1)}
        given = {purpose: consent.model_copy(update=since) for purpose, consent in before.consents.items()}
        after = before.model_copy(update={"consents": given, "version": before.version + 1})
        consents.keep(before, after, found[DATA_KEY])


def published(cloud: LocalCloud, last: date, days: int = 1) -> list[Figures]:
    """Return the published figures of these days."""
    return plots.published(cloud.account, f"ru4m-{STAGE}-usage", last, days)


@contextmanager
def acting_as_signup(cloud: LocalCloud) -> Iterator[None]:
    """Run the service's code against the cloud; restore the environment afterwards."""
    before = dict(os.environ)
    act_as_signup(cloud.account, STAGE)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        settings.cache_clear()
        aws.client.cache_clear()
