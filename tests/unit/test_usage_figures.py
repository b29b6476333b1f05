"""Tests figures: events are counted within bounds, and small groups are not published."""

from collections import Counter
from collections.abc import Iterable
from typing import Any
from unittest import mock
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import clock
from chalicelib.core.sealing import Unfit
from chalicelib.privacy.purposes import Purpose
from chalicelib.usage import figures as rules
from chalicelib.usage.figures import Figure, Group, Seen, Tally, figures, of_one_account
from chalicelib.usage.model import UsagePartial
from chalicelib.usage.store import seen_in

ANALYTICS = Purpose.ANALYTICS


def group(name: str, purpose: Purpose = ANALYTICS) -> Group:
    return Group(purpose, name, platform="ios")


def seen(name: str, times: int = 1, duration: int | None = None, **more: Any) -> list[Seen]:
    return [Seen(group(name, **more), duration, str(uuid4())) for _ in range(times)]


def shard(*accounts: Iterable[Seen], number: int = 0) -> UsagePartial:
    """Return the partial of a shard with these accounts."""
    tally = Tally()
    for events in accounts:
        tally.add(of_one_account(events))
    return UsagePartial(day="2026-11-24", shard=f"{number:02}", counted_at=clock.now(), counts=tally.counts())


def published(*shards: UsagePartial) -> dict[str | None, tuple[int, int]]:
    """Return the accounts and events of each published figure by name; None is the rest."""
    return {figure.name: (figure.accounts, figure.events) for figure in figures(shards)[0]}


@pytest.mark.promise("RET-4")
@pytest.mark.parametrize(("people", "shown"), [(9, {}), (10, {"opened": (10, 20)})])
def test_group_is_published_from_ten_accounts(people: int, shown: dict[str, Any]) -> None:
    assert published(shard(*[seen("opened", times=2)] * people)) == shown


@pytest.mark.promise("RET-4", "USE-6")
def test_many_events_of_few_accounts_are_not_published() -> None:
    assert published(shard(*[seen("opened", times=90)] * 9)) == {}


def test_accounts_of_all_shards_are_added_up() -> None:
    halves = (shard(*[seen("opened")] * 5, number=n) for n in (0, 1))
    assert published(*halves) == {"opened": (10, 10)}


@pytest.mark.promise("RET-4")
def test_rest_is_published_only_with_ten_accounts_that_are_certain() -> None:
    five_and_nine = [seen("rare")] * 5 + [seen("rarer")] * 9
    assert published(shard(*five_and_nine)) == {}  # nine are certain: rare accounts may be counted
    assert published(shard(*five_and_nine), shard(seen("rare"), number=1)) == {None: (10, 15)}


@pytest.mark.promise("RET-4", "USE-6")
def test_account_in_many_small_groups_counts_once_in_the_rest() -> None:
    strange = [event for n in range(40) for event in seen(f"strange{n}")]
    assert published(shard(strange, *[seen("opened")] * 10)) == {"opened": (10, 10)}


@pytest.mark.promise("RET-4")
def test_each_purpose_has_a_rest_of_its_own() -> None:
    people = [seen("odd")] * 5 + [seen("odd", purpose=Purpose.DIAGNOSTICS)] * 5
    assert published(shard(*people)) == {}


@pytest.mark.promise("RET-4")
def test_withheld_group_and_total_are_never_published() -> None:
    shown, withheld = figures([shard(*[seen("opened")] * 10, *[seen("rare")] * 9)])
    assert (withheld, [figure.name for figure in shown]) == (1, ["opened"])
    names = {*Figure.model_fields} - {*Group._fields}
    assert names == {"accounts", "events", "mean_duration_ms"}


@pytest.mark.promise("RET-4", "USE-6")
@pytest.mark.parametrize(("timed", "mean"), [(9, None), (10, 1000)])
def test_mean_is_published_from_ten_accounts_too(timed: int, mean: int | None) -> None:
    people = [seen("opened", times=2, duration=1000)] * timed + [seen("opened")] * 10
    (figure,) = figures([shard(*people)])[0]
    assert figure.mean_duration_ms == mean


@pytest.mark.promise("RET-4")
def test_account_counts_at_most_a_hundred_events_in_a_group() -> None:
    (figure,) = figures([shard(*[seen("opened", duration=0)] * 9, seen("opened", 5_000, duration=202))])[0]
    assert (figure.accounts, figure.events) == (10, 109)
    assert figure.mean_duration_ms == 100 * 202 // 109


def test_event_that_is_stored_twice_counts_once() -> None:
    twice = seen("opened", times=3, duration=1000) * 2
    assert published(shard(*[twice] * 10)) == {"opened": (10, 30)}


def test_ids_of_two_purposes_are_counted_separately() -> None:
    (used,) = seen("opened")
    failed = Seen(group("opened", Purpose.DIAGNOSTICS), None, used.event_id)
    own = of_one_account([used, failed, used, failed])
    assert [total.events for total in own.values()] == [1, 1]


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from("abcd")), max_size=60), st.integers(1, 4))
def test_repeated_events_count_once_in_any_order(seen_events: list[tuple[int, str]], most: int) -> None:
    events = [Seen(group(name), 1, f"{number}{name}") for number, name in seen_events]
    with mock.patch.object(rules, "EVENTS_OF_ONE", most):
        own = of_one_account(events)
    distinct = Counter(event.group for event in {event.event_id: event for event in events}.values())
    assert {of: total.events for of, total in own.items()} == {of: min(n, most) for of, n in distinct.items()}


def test_stored_counts_continue_unchanged() -> None:
    people = [of_one_account(seen(f"g{n % 7}", times=n, duration=n)) for n in range(1, 30)]
    whole, first = Tally(), Tally()
    for own in people:
        whole.add(own)
    for own in people[:11]:
        first.add(own)
    second = Tally.of(first.counts())
    for own in people[11:]:
        second.add(own)
    assert second.counts() == whole.counts()


BAD_ROWS: dict[str, dict[str, Any]] = {
    "of no kind": {"kind": "stars"}, "nameless": {"name": None}, "of no platform": {"platform": "abacus"},
    "an odd screen": {"screen": 7}, "an odd duration": {"duration_ms": "long"},
    "without id": {"event_id": 1},
    "a fault of no kind": {"kind": "diagnostics_event", "diagnostics": {"kind": "boredom"}},
    "a fault without any": {"kind": "diagnostics_event"},
}  # fmt: skip


@pytest.mark.parametrize("changes", BAD_ROWS.values(), ids=BAD_ROWS.keys())
def test_malformed_stored_event_is_unfit(changes: dict[str, Any]) -> None:
    row = {"kind": "usage_event", "name": "opened", "platform": "ios", "event_id": "1"}
    assert seen_in(row) == Seen(group("opened"), None, "1")
    with pytest.raises(Unfit):
        seen_in(row | changes)


def test_groups_of_a_day_are_bounded_and_the_largest_are_published(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "GROUPS_OF_DAY", 1)
    people = [seen("common")] * 12 + [seen("rarer")] * 10
    assert published(shard(*people)) == {"common": (12, 12), None: (10, 10)}


def test_groups_of_one_account_are_bounded() -> None:
    many = [event for n in range(300) for event in seen(f"g{n}")]
    own = of_one_account(many)
    assert len(own) == rules.GROUPS_OF_ONE + 1
    assert own[Group(ANALYTICS)].events == rules.EVENTS_OF_ONE


def test_groups_beyond_the_bound_of_a_shard_are_counted_in_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rules, "GROUPS_OF_SHARD", 3)
    tally = Tally()
    for n in range(20):
        tally.add(of_one_account(seen("opened") + seen(f"made_up{n}") + seen(f"more{n}")))
    assert len(tally.sums) == 3 + 1
    rest = tally.sums[Group(ANALYTICS)]
    assert (rest.accounts, rest.events, tally.overflowed) == (19, 38, 38)
    assert tally.sums[group("opened")].accounts == 20


@pytest.mark.promise("RET-4")
def test_rest_beyond_the_bound_is_published_from_ten_accounts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "GROUPS_OF_SHARD", 0)
    assert published(shard(*[seen("opened")] * 9)) == {}
    assert published(shard(*[seen("opened")] * 10)) == {None: (10, 10)}


_NAMES = st.sampled_from(["a", "b", "c", "d"])
# The shard and the events of each person.
_PEOPLE = st.lists(st.tuples(st.integers(0, 3), st.lists(_NAMES, max_size=4)), max_size=40)


@pytest.mark.promise("RET-4")
@given(_PEOPLE)
def test_every_figure_is_of_at_least_ten_accounts(
    people: list[tuple[int, list[str]]],
) -> None:
    partials = [
        shard(*([e for name in did for e in seen(name)] for at, did in people if at == number), number=number)
        for number in range(4)
    ]
    shown, withheld = figures(partials)
    by_name = {name: [did for _, did in people if name in did] for name in "abcd"}
    named = {figure.name for figure in shown if figure.name}
    for figure in shown:
        in_rest = [did for _, did in people if set(did) - named]
        exact = by_name[figure.name] if figure.name else in_rest
        assert 10 <= figure.accounts <= len(exact)
        if figure.name:
            assert figure.accounts == len(exact)
    assert named == {name for name, who in by_name.items() if len(who) >= 10}
    assert withheld == sum(0 < len(who) < 10 for who in by_name.values())
