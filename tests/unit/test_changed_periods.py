"""Tests re-dating: stored items get the times of a new period and do not change otherwise."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any

import pytest

from chalicelib.accounts.sessions.model import Session
from chalicelib.core import aws, clock, table
from chalicelib.core.clock import Instant
from chalicelib.core.errors import Unavailable
from chalicelib.core.settings import settings
from chalicelib.core.table import Change, Create, Item, Key, Table
from chalicelib.core.table_names import END_NAMES
from chalicelib.privacy import personal, register, rewrites
from chalicelib.privacy.periods import After, Period
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, Record
from chalicelib.privacy.purposes import LegalBasis, Purpose
from chalicelib.privacy.rewrites import NotRedatable, Progress, find_redatable, redate
from tests.support.clouds import cloud
from tests.support.world.builders import a_phone
from tests.support.world.world import World

DAY = timedelta(days=1)


def sessions() -> list[Item]:
    return [table.items.plain(raw) for raw in cloud.records("session")]


def ends_after(item: Item) -> timedelta:
    used = item["last_used_at"]
    return clock.from_epoch(item["expires_at"]) - datetime.fromisoformat(used)


def through(**more: Any) -> Progress:
    """Run to the end."""
    *_, last = redate(find_redatable("session"), **more)
    return last


def change(item: Item, **values: object) -> None:
    """Change a stored session as another process does."""
    table.write(Change(Key(Table.ACCOUNTS, item["pk"], item["sk"]), put=values))


@pytest.mark.promise("RET-1")
@pytest.mark.parametrize(("periods", "days"), [("idle_session=P30D", 30), ("idle_session=P90D", 90)])
def test_items_get_both_times_of_the_new_period(world: World, periods: str, days: int) -> None:
    for _ in range(3):
        world.a_user()
        world.advance(DAY)
    cloud.new_container(PERIODS=periods)
    assert through() == Progress(seen=3, moved=3)
    assert {ends_after(item) for item in sessions()} == {days * DAY}
    assert all(item["delete_at"] == item["expires_at"] for item in sessions())


@pytest.mark.promise("RET-1")
def test_item_older_than_the_new_period_is_invisible_at_once(world: World) -> None:
    mila = world.a_user()
    world.advance(31 * DAY)
    cloud.new_container(PERIODS="idle_session=P30D")
    through()
    assert table.get(Key(Table.ACCOUNTS, f"A#{mila.account_id}", sessions()[0]["sk"])) is None


@pytest.mark.promise("RET-1")
def test_expired_item_stays_expired_under_a_longer_period(world: World) -> None:
    world.a_user()
    before = sessions()
    world.advance(60 * DAY)
    cloud.new_container(PERIODS="idle_session=P90D")
    assert through() == Progress()
    assert sessions() == before


def test_only_the_times_change_and_no_key_is_used(world: World) -> None:
    world.a_user()
    (before,) = sessions()
    others = [item for item in cloud.all_items() if item.get("kind") != {"S": "session"}]
    cloud.new_container(PERIODS="idle_session=P30D")
    with cloud.counted() as calls:
        through()
    (after,) = sessions()
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"expires_at", "delete_at", *END_NAMES}
    assert [item for item in cloud.all_items() if item.get("kind") != {"S": "session"}] == others
    assert calls == {"dynamodb.Scan": 1, "dynamodb.UpdateItem": 1}


@pytest.mark.promise("RET-3")
def test_held_item_keeps_its_times(world: World) -> None:
    world.a_user()
    (item,) = sessions()
    change(item, delete_at=item["delete_at"] + 1)
    held = sessions()
    cloud.new_container(PERIODS="idle_session=P30D")
    assert through() == Progress(seen=1, held=1)
    assert sessions() == held


@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda item: change(item, delete_at=item["delete_at"] + 1),
        lambda item: change(item, last_used_at="2026-11-25T00:00:00Z"),
        lambda item: table.write(table.Delete(Key(Table.ACCOUNTS, item["pk"], item["sk"]))),
    ],
    ids=["held", "used", "deleted"],
)
def test_item_changed_during_the_run_is_not_redated(
    world: World, meanwhile: Callable[[Item], object]
) -> None:
    world.a_user()
    (item,) = sessions()
    cloud.new_container(PERIODS="idle_session=P30D")

    def after_the_other(move: Change) -> None:
        meanwhile(item)
        stored.extend(sessions())
        table.write(move)

    stored: list[Item] = []
    assert through(apply=after_the_other) == Progress(seen=1, overtaken=1)
    assert sessions() == stored


def test_second_run_changes_nothing(world: World) -> None:
    world.a_user()
    cloud.new_container(PERIODS="idle_session=P30D")
    through()
    with cloud.counted() as calls:
        assert through() == Progress(seen=1)
    assert calls == {"dynamodb.Scan": 1}


def test_dry_run_counts_and_changes_nothing(world: World) -> None:
    world.a_user()
    before = sessions()
    cloud.new_container(PERIODS="idle_session=P30D")
    assert through(apply=lambda _: None) == Progress(seen=1, moved=1)
    assert sessions() == before


@pytest.mark.parametrize("killed_at", range(1, 6))
def test_killed_run_is_completed_by_the_next(world: World, killed_at: int) -> None:
    for _ in range(5):
        world.a_user()
    cloud.new_container(PERIODS="idle_session=P30D")
    writes = iter(range(1, 10))

    def until_killed(move: Change) -> None:
        if next(writes) == killed_at:
            raise KeyboardInterrupt
        table.write(move)

    with pytest.raises(KeyboardInterrupt):
        through(apply=until_killed)
    assert through().moved == 5 - (killed_at - 1)
    assert {ends_after(item) for item in sessions()} == {30 * DAY}


def test_run_continues_after_the_last_key_it_reported(world: World) -> None:
    for _ in range(5):
        world.a_user()
    cloud.new_container(PERIODS="idle_session=P30D")
    first = next(redate(Session, page=10))
    assert first.last is not None
    rest = through(after=first.last)
    assert 0 < first.moved < 5
    assert (first.moved + rest.moved, first.seen + rest.seen) == (5, 5)
    assert through() == Progress(seen=5)


def test_run_that_an_outage_ended_is_completed_by_the_next(world: World) -> None:
    world.a_user()
    cloud.new_container(PERIODS="idle_session=P30D")
    with cloud.losing_responses("UpdateItem"), pytest.raises(Unavailable):
        through()
    through()
    assert {ends_after(item) for item in sessions()} == {30 * DAY}


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("evidence", "not a kind of record .the Ledger holds none"),
        ("profile", "kept until the account is deleted"),
        ("limit", "can't be configured"),
    ],
)
def test_record_without_a_configurable_period_is_refused(kind: str, text: str) -> None:
    with pytest.raises(NotRedatable, match=text):
        find_redatable(kind)


@pytest.mark.promise("SEC-1")
def test_items_of_the_ledger_are_never_read(world: World) -> None:
    world.asks_for_a_code(a_phone())
    cloud.new_container(PERIODS="challenge=P1D,consent_evidence=P4Y")
    asked: list[str] = []
    events = aws.client("dynamodb").meta.events
    events.register(
        "provide-client-params.dynamodb", lambda params, **_: asked.append(params["TableName"]), unique_id="t"
    )
    try:
        *_, last = redate(find_redatable("challenge"))
    finally:
        events.unregister("provide-client-params.dynamodb", unique_id="t")
    assert last.moved == 1
    assert set(asked) == {settings().table(Table.CHALLENGES)}


@pytest.fixture
def case(monkeypatch: pytest.MonkeyPatch) -> type[Record]:
    """Define a record whose period begins when it is closed."""
    monkeypatch.setattr(personal, "_records", list(register.records()))

    class Case(
        Record,
        table=Table.ACCOUNTS,
        kind="case",
        purpose=Purpose.LEGAL_OBLIGATION,
        basis=LegalBasis.LEGAL_OBLIGATION,
        retention=After(Period.RIGHTS_EVIDENCE, since="closed_at"),
        key_class=KeyClass.NOTHING_SEALED,
    ):
        """A case shown for years."""

        closed_at: Annotated[Instant | None, NOT_PERSONAL] = None

    return Case


HERE = {"pk": "A#1", "sk": "case#1", "kind": "case"}


@pytest.mark.usefixtures("world")
def test_record_whose_period_has_not_begun_gets_no_times(case: type[Record]) -> None:
    assert rewrites.redating_change(case, HERE) is None


@pytest.mark.usefixtures("world")
def test_item_stored_before_its_class_had_a_period_gets_times(case: type[Record]) -> None:
    table.write(
        Create(Key(Table.ACCOUNTS, "A#1", "case#1"), {"kind": "case", "closed_at": "2026-01-31T12:00:00Z"})
    )
    *_, last = redate(case)
    assert last == Progress(seen=1, moved=1)
    item = table.get(Key(Table.ACCOUNTS, "A#1", "case#1"))
    assert item
    assert clock.to_text(clock.from_epoch(item["delete_at"])) == "2029-01-31T12:00:00Z"


@pytest.mark.promise("RET-3")
@pytest.mark.usefixtures("world")
def test_held_item_without_an_expiry_is_not_redated(case: type[Record]) -> None:
    later = clock.to_epoch(clock.now() + DAY)
    held = {"kind": "case", "closed_at": "2026-01-31T12:00:00Z", "delete_at": later}
    table.write(Create(Key(Table.ACCOUNTS, "A#1", "case#1"), held))
    *_, last = redate(case)
    assert last == Progress(seen=1, held=1)
