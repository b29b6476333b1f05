"""Makes anonymous figures from events: rules of counting and of publication (RET-4).

Counting. An account counts once in each group, with at most `EVENTS_OF_ONE` events, so that no single person
dominates a group. An event that was stored twice counts once: the ids of counted events are kept while an
account is counted. The number of groups is bounded per account and per shard, because clients choose the
names: a client that invents names must not fill the memory or an item. Events beyond a bound count in the
rest of their purpose.

Publication. A group is published if it has at least `FEWEST` accounts. The other groups are merged into one
rest per purpose, which is published only if it certainly has as many accounts. Certain are, for each shard,
the accounts of its largest withheld group; shards share no account. The groups of a day do not overlap, no
total is published, no withheld group is named, and a published day is final. So the difference of two figures
never describes fewer people than either figure.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple, Self

from pydantic import BaseModel

from chalicelib.core.clock import Instant
from chalicelib.privacy.purposes import Purpose
from chalicelib.usage.model import Count, UsagePartial

FEWEST = 10
EVENTS_OF_ONE = 100
GROUPS_OF_ONE = 100
GROUPS_OF_SHARD = 1_000  # 200 bytes each: half of what an item takes
GROUPS_OF_DAY = 1_000  # of all shards together, for the same reason


class Group(NamedTuple):
    """The fields by which events are counted. With a purpose alone, it is the rest of it."""

    purpose: Purpose
    name: str | None = None
    screen: str | None = None
    fault: str | None = None
    app_version: str | None = None
    platform: str | None = None

    @property
    def rest(self) -> "Group":
        """The rest of the same purpose."""
        return Group(self.purpose)


def group_of(
    purpose: Purpose,
    name: str,
    platform: str,
    screen: str | None,
    fault: str | None,
    app_version: str | None,
) -> Group:
    """The group of an event: use is grouped by screen, faults by their kind and the app's version."""
    if purpose is Purpose.DIAGNOSTICS:
        return Group(purpose, name, fault=fault, app_version=app_version, platform=platform)
    return Group(purpose, name, screen, platform=platform)


@dataclass(frozen=True)
class Seen:
    """The part of an event that is counted."""

    group: Group
    duration_ms: int | None
    event_id: str


@dataclass
class Sum:
    """The running counts of a group."""

    accounts: int = 0
    events: int = 0
    timed_accounts: int = 0
    timed_events: int = 0
    duration_ms: int = 0

    def see(self, event: Seen) -> bool:
        """Add an event of the same account; return False if the bound is reached."""
        self.accounts = 1
        if self.events == EVENTS_OF_ONE:
            return False
        self.events += 1
        if event.duration_ms is not None:
            self.timed_accounts = 1
            self.timed_events += 1
            self.duration_ms += event.duration_ms
        return True

    def add(self, others: "Sum | Count") -> None:
        """Add the counts of other accounts."""
        self.accounts += others.accounts
        self.events += others.events
        self.timed_accounts += others.timed_accounts
        self.timed_events += others.timed_events
        self.duration_ms += others.duration_ms


Sums = dict[Group, Sum]


def of_one_account(events: Iterable[Seen]) -> Sums:
    """The counts of one account's events, within its bounds; each event counts once."""
    own: Sums = {}
    counted: set[tuple[Purpose, str]] = set()  # ids of counted events only, so the bounds limit it too
    for event in events:
        known = event.group.purpose, event.event_id
        if known in counted:
            continue
        fits = event.group in own or len(own) < GROUPS_OF_ONE
        if own.setdefault(event.group if fits else event.group.rest, Sum()).see(event):
            counted.add(known)
    return own


@dataclass
class Tally:
    """The running counts of one shard, of bounded size."""

    sums: Sums = field(default_factory=dict)
    overflowed: int = 0

    @classmethod
    def of(cls, counts: Iterable[Count]) -> Self:
        """The tally that continues from stored counts."""
        tally = cls()
        for count in counts:
            tally.sums.setdefault(_group(count), Sum()).add(count)
        return tally

    def add(self, own: Sums) -> None:
        """Add one account. Groups that do not fit count together as one account of the rest."""
        rests: dict[Group, int] = {}
        for group, mine in own.items():
            if group != group.rest and (group in self.sums or len(self.sums) < GROUPS_OF_SHARD):
                self.sums.setdefault(group, Sum()).add(mine)
            else:
                rests[group.rest] = min(EVENTS_OF_ONE, rests.get(group.rest, 0) + mine.events)
                self.overflowed += 1
        for rest, events in rests.items():
            self.sums.setdefault(rest, Sum()).add(Sum(accounts=1, events=events))

    def counts(self) -> tuple[Count, ...]:
        """The counts in their stored form."""
        return tuple(_count(group, total) for group, total in self.sums.items())


class Figure(BaseModel, frozen=True, extra="forbid"):
    """A published group: its number of accounts and events, and the mean duration.

    The rest has no name, and its `accounts` is a lower bound.
    """

    purpose: Purpose
    name: str | None = None
    screen: str | None = None
    fault: str | None = None
    app_version: str | None = None
    platform: str | None = None
    accounts: int
    events: int
    mean_duration_ms: int | None = None


class Figures(BaseModel, frozen=True, extra="forbid"):
    """The published figures of one day. None of them describes fewer than ten people."""

    day: date
    published_at: Instant
    fewest: int = FEWEST
    figures: tuple[Figure, ...]


def figures(partials: Iterable[UsagePartial]) -> tuple[tuple[Figure, ...], int]:
    """The figures of a day that may be published, and the number of withheld groups."""
    shards = [{_group(count): count for count in partial.counts} for partial in partials]
    totals: dict[Group, Sum] = defaultdict(Sum)
    for shard in shards:
        for group, count in shard.items():
            totals[group].add(count)
    enough = [g for g, total in totals.items() if g != g.rest and total.accounts >= FEWEST]
    enough.sort(key=lambda group: (-totals[group].accounts, _order(group)))
    shown = set(enough[:GROUPS_OF_DAY])  # invented names reduce detail, but do not stop the day
    withheld = totals.keys() - shown
    published = [_figure(group, totals[group]) for group in sorted(shown, key=_order)]
    published += _rests({group: totals[group] for group in withheld}, shards)
    return tuple(published), len(withheld)


def _rests(withheld: dict[Group, Sum], shards: list[dict[Group, Count]]) -> Iterator[Figure]:
    """The rest of each purpose that certainly has enough accounts."""
    for purpose in sorted({group.purpose for group in withheld}):
        mine = {group: total for group, total in withheld.items() if group.purpose == purpose}
        certain = sum(max((s[g].accounts for g in mine if g in s), default=0) for s in shards)
        if certain >= FEWEST:
            events = sum(total.events for total in mine.values())
            yield Figure(purpose=purpose, accounts=certain, events=events)


def _figure(group: Group, total: Sum) -> Figure:
    enough = total.timed_accounts >= FEWEST
    mean = total.duration_ms // total.timed_events if enough else None
    return Figure(**_named(group), accounts=total.accounts, events=total.events, mean_duration_ms=mean)


def _count(group: Group, total: Sum) -> Count:
    return Count(**_named(group), **vars(total))


def _named(group: Group) -> dict[str, Any]:
    return group._asdict()


def _group(count: Count) -> Group:
    return Group(*(getattr(count, name) for name in Group._fields))


def _order(group: Group) -> tuple[str, ...]:
    return tuple(part or "" for part in group)
