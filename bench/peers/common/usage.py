"""Usage, for all peers: which events of a batch may be kept, the daily count, and one item per batch."""

import hashlib
import itertools
import os
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from bench.peers.common import sealed
from bench.peers.common.accounts import authorize, count, dynamodb

JSON = dict[str, Any]

USAGE = os.environ["RU4M_TABLE_USAGE"]
EVENTS_A_DAY, SHARDS = 5_000, 16
BOTH_WAYS = {"ReturnValues": "ALL_NEW", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
LATEST, AHEAD, KEPT = timedelta(hours=48), timedelta(minutes=5), timedelta(days=30)


class Submitted(NamedTuple):
    """One valid event, and the JSON text of its row in the item."""

    at: datetime
    id: str
    is_fault: bool
    row: str


Events = Sequence[Submitted]


def accept(account_id: str, session_id: str, device: JSON, events: Events) -> tuple[int, dict[str, int]]:
    """Store the events that may be kept; return how many were kept, and dropped by reason.

    Raises:
        Refused: by the state of the account.
    """
    caller = authorize(account_id, session_id, "purposes", sealed=True)
    dropped: Counter[str] = Counter()
    choices: JSON = {}
    if "purposes" in caller.items and caller.data_key is not None:  # nothing is decided without the item
        choices = sealed.opened(caller.items["purposes"], sealed.data_key(caller.data_key)[1])
    kept = list(_acceptable(choices, events, dropped))
    if kept:
        room = max(0, EVENTS_A_DAY - _count(account_id, kept))
        if len(kept) > room:
            dropped["over_daily_cap"] += len(kept) - room
        kept = kept[:room]
    _store(account_id, device, kept)
    return len(kept), dict(dropped)


def _acceptable(choices: JSON, events: Events, dropped: Counter[str]) -> Iterator[Submitted]:
    refusals = {is_fault: _refusal(choices, is_fault=is_fault) for is_fault in (False, True)}
    consent = choices.get("consents", {}).get("analytics")
    since = datetime.fromisoformat(consent.get("unbroken_since") or consent["since"]) if consent else None
    now, seen = datetime.now(UTC).replace(microsecond=0), set()
    for event in events:
        if refused := refusals[event.is_fault]:
            dropped[refused] += 1
        elif event.at < now - LATEST:
            dropped["too_old"] += 1
        elif event.at > now + AHEAD:
            dropped["in_future"] += 1
        elif not event.is_fault and since and event.at < since:
            dropped["no_consent"] += 1
        elif event.id in seen:
            dropped["duplicate"] += 1
        else:
            seen.add(event.id)
            yield event


def _refusal(choices: JSON, *, is_fault: bool) -> str | None:
    purpose = "diagnostics" if is_fault else "analytics"
    if choices.get("wholly_restricted") or purpose in choices.get("restrictions", {}):
        return "restricted"
    if purpose in choices.get("objections", {}):
        return "objected"
    if not is_fault and choices.get("consents", {}).get(purpose, {}).get("state") != "given":
        return "no_consent"
    return None


def _count(account_id: str, events: Events) -> int:
    """Count a batch towards today; return how many events were counted before it.

    The batch that was counted last is not counted again.
    """
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    key = {"pk": {"S": f"A#{account_id}"}, "sk": {"S": f"count#{today.date()}"}}
    values = {
        ":kind": {"S": "usage_count"},
        ":account": {"S": account_id},
        ":batch": {"S": _hash(event.row for event in events)},
        ":events": {"N": str(len(events))},
    }
    also = ", account_id = :account, last_batch = :batch ADD events :events"
    another = "attribute_not_exists(last_batch) OR last_batch <> :batch"
    try:
        counted = count(USAGE, key, today, values, also, another, **BOTH_WAYS)["Attributes"]
    except dynamodb.exceptions.ConditionalCheckFailedException as conflict:
        counted = conflict.response["Item"]
    return int(counted["events"]["N"]) - len(events)


def _store(account_id: str, device: JSON, events: Events) -> None:
    """Store events, those of one kind and day in an item: of three days at most, so one call takes them."""
    puts = []
    by_kind = sorted(events, key=lambda event: (event.is_fault, event.at, event.id))
    for (is_fault, _), some in itertools.groupby(by_kind, lambda event: (event.is_fault, event.at.date())):
        puts.append({"PutRequest": {"Item": _item(account_id, device, [*some], is_fault=is_fault)}})
    asked = {USAGE: puts} if puts else {}
    for _ in range(3):
        if not asked:
            break
        asked = dynamodb.batch_write_item(RequestItems=asked).get("UnprocessedItems")


def _item(account_id: str, device: JSON, events: list[Submitted], *, is_fault: bool) -> JSON:
    kind = "diagnostics_event" if is_fault else "usage_event"
    oldest = events[0].at
    hour, end = f"{oldest:%Y-%m-%dT%H}", {"N": str(int((oldest + KEPT).timestamp()))}
    item = {
        "pk": {"S": f"A#{account_id}"},
        "sk": {"S": f"{hour}#{_hash((kind, *(event.id for event in events)))}"},
        "kind": {"S": kind},
        "account_id": {"S": account_id},
        "platform": {"S": device["platform"]},
        "at": {"S": oldest.strftime("%Y-%m-%dT%H:%M:%SZ")},
        "rows": {"S": f"[{','.join(event.row for event in events)}]"},
        "hour": {"S": f"{hour}#{zlib.crc32(account_id.encode()) % SHARDS:02}"},
        "expires_at": end,
        "delete_at": end,
    }
    more = {name: device[name] for name in ("model", "os_version", "app_version") if device.get(name)}
    return {**item, **({name: {"S": text} for name, text in more.items()} if is_fault else {})}


def _hash(texts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:32]
