"""Which backups of tables count as left, that an alarm rings, and what certificates state (ADR 76)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.core import aws, chain, clock
from chalicelib.core.errors import Unavailable
from chalicelib.core.metrics import Metric
from chalicelib.core.observe import EntryFailed
from chalicelib.retention.backups import service, store
from chalicelib.retention.backups.model import KnownBackups
from chalicelib.retention.purge import service as purging
from tests.support.cases import erasure_outcomes
from tests.support.cases.erasure_requests import a_subject, asks_for_erasure, at_step, work
from tests.support.cases.holds import places_hold
from tests.support.jobs.purge import DAY, purge
from tests.support.patches import fail_at
from tests.support.world.limits import configure
from tests.support.world.world import World

pytestmark = pytest.mark.promise("RGT-3")

Summary = dict[str, Any]
NOTHING_LEFT = {Metric.KEY_BACKUPS_LEFT: 0, Metric.OTHER_BACKUPS_LEFT: 0}


def a_backup(table: str, made_at: datetime, ends_at: datetime | None = None, **changes: str) -> Summary:
    """Return a backup as ListBackups shows it; one with an end is of a deleted table."""
    name = f"ru4m-staging-{table}"
    shown: Summary = {
        "TableName": name,
        "BackupName": f"{name}$DeletedTableBackup" if ends_at else "before-a-migration",
        "BackupArn": f"arn:aws:dynamodb:eu-central-1:123456789012:table/{name}/backup/{made_at.timestamp()}",
        "BackupStatus": "AVAILABLE",
        "BackupCreationDateTime": made_at,
        **changes,
    }
    return shown | ({"BackupExpiryDateTime": ends_at} if ends_at else {})


@pytest.fixture
def listed(world: World, monkeypatch: pytest.MonkeyPatch) -> list[Summary]:
    """The backups that DynamoDB lists, two on each page."""
    backups: list[Summary] = []
    plain: Callable[..., dict[str, Any]] = aws.ask

    def ask(service: str, operation: str, **given: Any) -> dict[str, Any]:
        if operation != "list_backups":
            return plain(service, operation, **given)
        assert given["BackupType"] == "ALL"
        arns = [one["BackupArn"] for one in backups]
        begin = arns.index(given["ExclusiveStartBackupArn"]) + 1 if "ExclusiveStartBackupArn" in given else 0
        page = {"BackupSummaries": backups[begin : begin + 2]}
        return page | ({"LastEvaluatedBackupArn": arns[begin + 1]} if len(backups) > begin + 2 else {})

    monkeypatch.setattr(aws, "ask", ask)
    return backups


def test_backup_of_a_deleted_table_of_keys_rings_and_moves_the_day(
    world: World, listed: list[Summary], gauges: dict[Metric, int]
) -> None:
    assert service.known(world.now) == KnownBackups()
    ends = world.now.replace(microsecond=0) + 35 * DAY
    listed.append(a_backup("keys", world.now, ends))
    purge()
    assert gauges.items() >= {Metric.KEY_BACKUPS_LEFT: 1, Metric.OTHER_BACKUPS_LEFT: 0}.items()
    known = service.known(world.now)
    assert (known.keys_until, known.others_until) == (ends + timedelta(seconds=1), None)
    assert service.known(world.now + DAY) == known
    assert service.known(world.now + 2 * DAY) == KnownBackups()


def test_backup_is_found_although_the_purge_fails(
    world: World, listed: list[Summary], gauges: dict[Metric, int]
) -> None:
    fail_at(purging, "run", Unavailable)
    listed.append(a_backup("keys", world.now, world.now + 35 * DAY))
    with pytest.raises(EntryFailed):
        purge()
    assert gauges[Metric.KEY_BACKUPS_LEFT] == 1


def test_end_of_the_last_backup_ends_the_alarm(
    world: World, listed: list[Summary], gauges: dict[Metric, int]
) -> None:
    listed.append(a_backup("rights", world.now, world.now + 35 * DAY))
    purge()
    assert gauges[Metric.OTHER_BACKUPS_LEFT] == 1
    listed.clear()
    purge()
    assert gauges.items() >= NOTHING_LEFT.items()
    assert service.known(world.now) == KnownBackups()


@pytest.mark.parametrize(
    ("table", "days", "left"),
    [
        ("keys", 6, ()),
        ("keys", 8, (Metric.KEY_BACKUPS_LEFT,)),
        ("accounts", 34, ()),
        ("accounts", 36, (Metric.OTHER_BACKUPS_LEFT,)),
    ],
)
def test_on_demand_backup_is_left_once_it_is_older_than_recovery(
    world: World, listed: list[Summary], gauges: dict[Metric, int], table: str, days: int, left: tuple[Metric]
) -> None:
    listed.append(a_backup(table, world.now - days * DAY))
    purge()
    assert gauges.items() >= (NOTHING_LEFT | dict.fromkeys(left, 1)).items()
    assert service.known(world.now) == KnownBackups()


def test_copies_that_the_settings_name_are_kept_and_stated(
    world: World, listed: list[Summary], gauges: dict[Metric, int]
) -> None:
    configure(BACKUPS_KEYS_DAYS="40")
    listed.append(a_backup("keys", world.now - 39 * DAY))
    purge()
    assert gauges.items() >= NOTHING_LEFT.items()
    assert service.known(world.now) == KnownBackups(keys_for=40 * DAY)
    world.advance(2 * DAY)
    purge()
    assert gauges[Metric.KEY_BACKUPS_LEFT] == 1


def test_failed_listing_states_nothing_and_keeps_the_last_end(
    world: World, listed: list[Summary], gauges: dict[Metric, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    listed.append(a_backup("keys", world.now, world.now + 35 * DAY))
    purge()
    known = service.known(world.now)
    gauges.clear()
    plain = aws.ask

    def ask(place: str, operation: str, **given: Any) -> dict[str, Any]:
        if operation == "list_backups":
            raise Unavailable
        return plain(place, operation, **given)

    monkeypatch.setattr(aws, "ask", ask)
    with pytest.raises(EntryFailed):
        purge()
    assert Metric.KEY_BACKUPS_LEFT not in gauges
    assert Metric.PURGE_FOUND in gauges
    assert service.known(world.now) == known


def test_backup_of_a_table_with_an_unknown_name_counts_as_one_of_keys(
    world: World, listed: list[Summary], gauges: dict[Metric, int]
) -> None:
    ends = world.now + 35 * DAY
    listed += [
        a_backup("accounts-restored", world.now, ends),
        a_backup("copy", world.now, ends),
        a_backup("keys", world.now, ends, TableName="ru4m-production-keys"),
        a_backup("keys", world.now, ends, BackupStatus="DELETED"),
        a_backup("keys-restored", world.now, ends),
    ]
    purge()
    assert gauges.items() >= {Metric.KEY_BACKUPS_LEFT: 2, Metric.OTHER_BACKUPS_LEFT: 1}.items()


@pytest.mark.usefixtures("services")
def test_certificate_names_the_end_of_a_backup_that_is_left(world: World, listed: list[Summary]) -> None:
    listed.append(a_backup("keys", world.now, world.now + 60 * DAY))
    request_id = asks_for_erasure(a_subject(world))
    work(world, request_id, at_step("certify"))
    purge()
    known = service.known(world.now)
    work(world, request_id)
    found = erasure_outcomes.certificate_of(request_id)
    assert found.backups.sealed_fields_from == known.keys_until
    last_deletion = max(found.key_deleted_at, *(one.last_at for one in found.deleted))
    assert found.backups.clear_ids_from == last_deletion + 35 * DAY


@pytest.mark.proof  # takes seconds
@pytest.mark.usefixtures("services")
def test_new_certificate_names_the_end_of_a_backup_that_was_left_since(
    world: World, listed: list[Summary]
) -> None:
    mila = a_subject(world)
    hold = places_hold(mila, "profile", lasts=90 * DAY)
    request_id = asks_for_erasure(mila)
    work(world, request_id, at_step("await_lapse"))
    first = erasure_outcomes.certificate_of(request_id)
    world.traveller.move_to(hold.until - DAY)
    listed.append(a_backup("keys", world.now, world.now + 60 * DAY))
    purge()
    known = service.known(world.now)
    work(world, request_id, within=2 * DAY)
    last = erasure_outcomes.certificate_of(request_id)
    assert last.backups.sealed_fields_from == known.keys_until
    assert first.backups.sealed_fields_from < last.backups.sealed_fields_from


def test_same_outcome_is_recorded_once_a_day(world: World, listed: list[Summary]) -> None:
    def recorded() -> list[dict[str, object]]:
        return [one.data for one in chain.entries(service.HISTORY.chain_of(world.now))]

    purge()
    purge()
    assert recorded() == [{"keys": 0, "others": 0}]
    ends = world.now.replace(microsecond=0) + 35 * DAY
    listed.append(a_backup("keys", world.now, ends))
    purge()
    until = clock.to_text(ends + timedelta(seconds=1))
    assert recorded()[1:] == [{"keys": 1, "others": 0, "keys_until": until}]


def test_backups_of_the_stage_are_listed_for_operators(world: World, listed: list[Summary]) -> None:
    listed.append(a_backup("keys", world.now))
    (found,) = store.of_stage("staging")
    assert (found.table_name, found.name, found.ends_at) == ("ru4m-staging-keys", "before-a-migration", None)
