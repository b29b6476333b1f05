"""Taking in what the app tells: who may be counted, which times are believed.

Each purpose is judged once per request, from the caller's own consistent read: a withdrawal, an
objection or a restriction bites on the next request (RGT-4, RGT-5, RGT-7). What is dropped is counted
and forgotten; it is no error, since the app cannot know what was decided on another device.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from chalicelib.consents.model import Purposes
from chalicelib.core import clock, metrics
from chalicelib.core.clock import HOUR, MINUTE
from chalicelib.core.ids import AccountId
from chalicelib.core.metrics import Metric
from chalicelib.privacy.purposes import Purpose, refusal
from chalicelib.usage import store
from chalicelib.usage.model import (
    DiagnosticsEvent,
    Dropped,
    ToldEvent,
    UsageBatch,
    UsageDevice,
    UsageEvent,
    UsageTaken,
)

LATEST: timedelta = 48 * HOUR  # a phone may be offline over a weekend's night; then the day has to close
AHEAD: timedelta = 5 * MINUTE  # what clocks of phones are off by


def take(account_id: AccountId, choices: Purposes | None, batch: UsageBatch) -> UsageTaken:
    """Keep the events that may be kept, and say how many were not, and why.

    Raises:
        Unavailable: not all of them could be stored; the same batch may be sent again.
    """
    dropped = Counter[Dropped]()
    kept = {event.id: event for event in _acceptable(choices, batch.events, dropped)}
    store.put(_record(account_id, event, batch.device) for event in kept.values())
    metrics.count(Metric.USAGE_ACCEPTED, len(kept))
    metrics.count(Metric.USAGE_DROPPED, dropped.total())
    return UsageTaken(accepted=len(kept), dropped=dict(dropped))


def _acceptable(
    choices: Purposes | None, events: tuple[ToldEvent, ...], dropped: Counter[Dropped]
) -> Iterator[ToldEvent]:
    """Those that may be kept; each of the others counts for the first reason that stands against it."""
    refusals = {purpose: refusal(choices, purpose) for purpose in (Purpose.ANALYTICS, Purpose.DIAGNOSTICS)}
    now, seen = clock.now(), set()
    for event in events:
        if refused := refusals[event.purpose]:
            dropped[Dropped(refused)] += 1
        elif event.at < now - LATEST:
            dropped[Dropped.TOO_OLD] += 1
        elif event.at > now + AHEAD:
            dropped[Dropped.IN_FUTURE] += 1
        elif event.id in seen:
            dropped[Dropped.DUPLICATE] += 1
        else:
            seen.add(event.id)
            yield event


def _record(account_id: AccountId, event: ToldEvent, device: UsageDevice) -> UsageEvent | DiagnosticsEvent:
    hour = store.hour_of(account_id, event.at)
    told = event.model_dump(include={"at", "name", "screen", "duration_ms"})
    told |= {"account_id": account_id, "event_id": event.id, "hour": hour, "platform": device.platform}
    if event.diagnostics is None:
        return UsageEvent(**told)
    return DiagnosticsEvent(**told, **device.kind(), diagnostics=event.diagnostics)
