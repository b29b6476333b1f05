"""Accepts submitted events: permissions, plausible times, and the daily cap.

Each purpose is checked once per request, from the caller's own consistent read, so a withdrawal, an objection
or a restriction applies from the next request (RGT-4, RGT-5, RGT-7). Dropped events are counted and not kept.
They are no error, because the app cannot know what was decided on another device. The events of an account
and day are capped, so that a copy of its thirty days and a roll-up of its day are bounded (ADR 22).
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import timedelta

from pydantic import TypeAdapter

from chalicelib.consents.model import Purposes
from chalicelib.core import clock, metrics
from chalicelib.core.clock import HOUR, MINUTE
from chalicelib.core.errors import Unavailable
from chalicelib.core.http.parameters import RequestError, faults_of
from chalicelib.core.ids import AccountId
from chalicelib.core.limiter import WhenUnreachable
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import settings
from chalicelib.privacy.purposes import Purpose, lapsed_before, refusal
from chalicelib.usage import store
from chalicelib.usage.model import (
    DiagnosticsEvent,
    Dropped,
    InvalidEvent,
    SubmittedEvent,
    UsageAccepted,
    UsageBatch,
    UsageDevice,
    UsageEvent,
)
from chalicelib.usage.store import StoredEvent, StoredItem, hour_partitions  # noqa: F401 - offered to other rooms

LATEST: timedelta = 48 * HOUR  # a phone may be offline for a weekend; after that, the day has to close
AHEAD: timedelta = 5 * MINUTE  # the clock of a phone may be ahead by this much

_UNCOUNTED = WhenUnreachable.ALLOW  # an event over the cap costs little, and a dropped event is lost for good


def accept_batch(
    account_id: AccountId, choices: Purposes | None, offered: AbstractSet[Purpose], batch: UsageBatch
) -> UsageAccepted:
    """Store the events that may be kept; return how many were kept and dropped, by reason.

    `offered` are the purposes whose consents may be used now.

    Raises:
        Unavailable: not all events could be stored; the same batch may be sent again.
    """
    valid = [event for event in batch.sent if isinstance(event, SubmittedEvent)]
    dropped = Counter({Dropped.INVALID: len(batch.sent) - len(valid)})
    events = list(_acceptable(choices, offered, valid, dropped))
    items = store.items_of(_records(account_id, events, batch.device))
    kept = _within_cap(account_id, len(events), items, dropped)
    if kept < len(events):
        items = store.items_of(_records(account_id, events[:kept], batch.device))
    store.put(items)
    metrics.count(Metric.USAGE_ACCEPTED, kept)
    metrics.count(Metric.USAGE_DROPPED, dropped.total())
    return UsageAccepted(accepted=kept, dropped=+dropped, invalid=_errors_of(batch) or None)


def _errors_of(batch: UsageBatch) -> tuple[RequestError, ...]:
    return tuple(
        RequestError.model_validate(one)
        for number, event in enumerate(batch.sent)
        if isinstance(event, InvalidEvent)
        for one in faults_of(event.details, f"/events/{number}")
    )


def _acceptable(
    choices: Purposes | None,
    offered: AbstractSet[Purpose],
    events: Sequence[SubmittedEvent],
    dropped: Counter[Dropped],
) -> Iterator[SubmittedEvent]:
    """Return the events that may be kept; count others under the first reason that applies."""
    rules = {
        purpose: (refusal(choices, purpose, offered), lapsed_before(choices, purpose))
        for purpose in (Purpose.ANALYTICS, Purpose.DIAGNOSTICS)
    }
    earliest, latest, seen = clock.now() - LATEST, clock.now() + AHEAD, set()
    for event in events:
        refused, lapsed = rules[event.purpose]
        if refused:
            dropped[Dropped(refused)] += 1
        elif event.occurred_at < earliest:
            dropped[Dropped.TOO_OLD] += 1
        elif event.occurred_at > latest:
            dropped[Dropped.IN_FUTURE] += 1
        elif lapsed and event.occurred_at < lapsed:  # from before the consent was given
            dropped[Dropped.NO_CONSENT] += 1
        elif event.event_id.int in seen:
            dropped[Dropped.DUPLICATE] += 1
        else:
            seen.add(event.event_id.int)
            yield event


def _within_cap(
    account_id: AccountId, number: int, items: list[StoredItem], dropped: Counter[Dropped]
) -> int:
    """Return how many of the events the daily cap allows; all if the counter fails."""
    if not number:
        return 0
    try:
        room = settings().limits.usage_events_per_day - store.count(account_id, number, items)
    except Unavailable as outage:
        _UNCOUNTED.answer(outage)
        return number
    kept = min(number, max(room, 0))
    if over := number - kept:
        dropped[Dropped.OVER_DAILY_CAP] += over
        metrics.count(Metric.USAGE_OVER_CAP, over)
    return kept


_USE, _FAULTS = TypeAdapter(tuple[UsageEvent, ...]), TypeAdapter(tuple[DiagnosticsEvent, ...])


def _records(
    account_id: AccountId, events: Sequence[SubmittedEvent], device: UsageDevice
) -> tuple[StoredEvent, ...]:
    """The records of events: those about use, then those about faults; each kind is validated in one call."""
    shared = {"account_id": account_id, "platform": device.platform}
    use = [_fields(event, shared) for event in events if event.diagnostics is None]
    faults = [
        _fields(event, shared | device.kind() | {"diagnostics": event.diagnostics})
        for event in events
        if event.diagnostics
    ]
    return *_USE.validate_python(use), *_FAULTS.validate_python(faults)


def _fields(event: SubmittedEvent, beside: Mapping[str, object]) -> dict[str, object]:
    """The fields of an event's record: its own, and those beside them."""
    return {
        **beside,
        "event_id": event.event_id,
        "at": event.occurred_at,
        "name": event.name,
        "screen": event.screen,
        "duration_ms": event.duration_ms,
    }
