"""Tests withdrawn consents: their data is not used or shown, and an hourly job deletes it."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.consents import renewal
from chalicelib.consents import store as consents
from chalicelib.consents.model import SETTLE
from chalicelib.core import clock, needs
from chalicelib.core.chain import Chain
from chalicelib.core.clock import DAY, HOUR, MINUTE
from chalicelib.core.ids import AccountId
from chalicelib.core.table import Table
from chalicelib.privacy import lapses, pins
from chalicelib.privacy.leases import SHARD_LEASE
from chalicelib.privacy.purposes import Purpose
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.rights.copy.model import CopyKind
from tests.support.cases.copies import a_copy, damage
from tests.support.clouds import cloud
from tests.support.faults.outages import refusal
from tests.support.faults.races import just_before
from tests.support.jobs import workers
from tests.support.world.builders import a_fault, an_event
from tests.support.world.ledger import alter_newest
from tests.support.world.usage import store_singly, stored_events, stored_items
from tests.support.world.world import User, World

ANALYTICS = Purpose.ANALYTICS


def run() -> Any:
    """Run the job as Lambda does."""
    return workers.renew()


def kinds() -> list[str]:
    return sorted(event["kind"] for event in stored_events())


def names() -> list[str]:
    return sorted(event["name"] for event in stored_events())


def event_of(world: World, **more: Any) -> dict[str, Any]:
    """Return an event of now."""
    return an_event(occurred_at=clock.to_text(world.now), **more)


def store_late(user: User, *events: dict[str, Any]) -> None:
    """Store events as those of a request that was admitted before the withdrawal."""
    store_singly(AccountId(user.account_id), len(events))


@pytest.fixture
def mila(world: World) -> User:
    """Return a user who consented, and submitted a use event and a fault event."""
    mila = world.a_user()
    mila.consents("analytics")
    assert mila.submits_usage(an_event(), a_fault()).json["accepted"] == 2
    return mila


@pytest.mark.promise("RGT-7", "RET-2")
def test_use_is_deleted_within_the_hour_after_its_consent_is_withdrawn(world: World, mila: User) -> None:
    mila.withdraws("analytics")
    world.advance(HOUR)
    assert run() == {"renewed": 0, "failed": 0, "deleted": 1}
    assert kinds() == ["diagnostics_event"]
    assert run()["deleted"] == 0


def test_account_is_no_longer_due_once_its_use_is_deleted(world: World, mila: User) -> None:
    mila.withdraws("analytics")
    world.advance(HOUR)
    run()
    (item,) = cloud.records("purposes")
    assert not {"renewal", "renew_at"} & item.keys()


def test_use_of_another_subject_is_not_deleted(world: World, mila: User) -> None:
    vuk = world.a_user()
    vuk.consents("analytics")
    vuk.submits_usage(an_event())
    mila.withdraws("analytics")
    world.advance(HOUR)
    run()
    assert [item["pk"] for item in stored_items() if item["kind"] == "usage_event"] == [f"A#{vuk.account_id}"]


@pytest.mark.promise("RGT-7")
def test_events_of_requests_in_progress_are_deleted_too(world: World, mila: User) -> None:
    mila.withdraws("analytics")
    world.advance(timedelta(seconds=15))
    store_late(mila, an_event())
    world.advance(SETTLE - timedelta(seconds=16))
    assert run()["deleted"] == 0
    world.advance(timedelta(seconds=1))
    assert run()["deleted"] == 2


@pytest.mark.promise("RGT-7")
@pytest.mark.parametrize("copy", CopyKind)
def test_no_copy_shows_use_from_the_withdrawal_on(world: World, mila: User, copy: CopyKind) -> None:
    asked_at = world.now
    assert len(a_copy(mila, copy).records("usage_event")) == 1
    world.advance(MINUTE)
    mila.withdraws("analytics")
    package = a_copy(mila, copy, received_at=asked_at)
    assert package.records("usage_event") == []
    assert package.manifest["errors"] == []


@pytest.mark.promise("RGT-7")
def test_consent_given_again_covers_no_older_events(world: World, mila: User) -> None:
    mila.withdraws("analytics")
    world.advance(2 * MINUTE)
    mila.consents("analytics")
    assert a_copy(mila).records("usage_event") == []
    assert mila.submits_usage(event_of(world, name="later.used")).json["accepted"] == 1
    assert [event["name"] for event in a_copy(mila).records("usage_event")] == ["later.used"]
    world.advance(HOUR)
    assert run()["deleted"] == 1
    assert names() == ["app.crashed", "later.used"]


@pytest.mark.promise("RGT-7")
def test_events_from_before_the_consent_are_not_stored(world: World, mila: User) -> None:
    mila.withdraws("analytics")
    world.advance(2 * MINUTE)
    mila.consents("analytics")
    late = an_event(occurred_at=clock.to_text(world.now - MINUTE))
    assert mila.submits_usage(late).json == {"accepted": 0, "dropped": {"no_consent": 1}}


def test_renewed_consent_covers_the_events_of_the_first_one(
    world: World, mila: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    choices = consents.read(AccountId(mila.account_id))
    assert choices
    given = choices.consents[ANALYTICS]
    world.advance(MINUTE)
    monkeypatch.setattr("chalicelib.consents.model._is_change", lambda *_: True)
    mila.consents("analytics")
    renewed = consents.read(AccountId(mila.account_id))
    assert renewed
    assert renewed.consents[ANALYTICS].since == world.now
    assert renewed.consented == {ANALYTICS: given.since}
    assert len(a_copy(mila).records("usage_event")) == 1


@pytest.mark.promise("RGT-7")
def test_pinned_use_is_deleted(world: World, mila: User) -> None:
    pinned = pins.pin(AccountId(mila.account_id), world.now, world.now + 40 * DAY, world.now + MINUTE)
    assert pinned.items > 0
    mila.withdraws("analytics")
    world.advance(HOUR)
    assert run()["deleted"] == 1
    assert kinds() == ["diagnostics_event"]


@pytest.mark.promise("RGT-7")
def test_expired_use_that_is_still_stored_is_deleted(world: World, mila: User) -> None:
    world.advance(31 * DAY)
    world.a_user(phone=mila.phone).withdraws("analytics")
    world.advance(HOUR)
    assert run()["deleted"] == 1


@pytest.mark.promise("RGT-4")
def test_restricted_events_are_kept_until_the_restriction_ends(world: World, mila: User) -> None:
    mila.withdraws("analytics")
    restrict(mila, {ANALYTICS: world.now})
    world.advance(HOUR)
    assert run()["deleted"] == 0
    assert len(a_copy(mila).records("usage_event")) == 1
    restrict(mila, {})
    world.advance(HOUR)
    assert run()["deleted"] == 1


def restrict(user: User, purposes: dict[Purpose, Any]) -> None:
    """Restrict these purposes and no others, as the engine of rights does."""
    account_id = AccountId(user.account_id)
    before = consents.read(account_id)
    assert before
    after = before.model_copy(update={"restrictions": purposes, "version": before.version + 1})
    (found,) = needs.read_accounts([account_id], (DATA_KEY,))
    consents.keep(before, after, found[DATA_KEY])


@pytest.mark.promise("RGT-7")
def test_consent_given_during_the_deletion_keeps_newer_events(world: World, mila: User) -> None:
    mila.withdraws("analytics")
    world.advance(HOUR)

    def give_consent_again() -> None:
        world.advance(MINUTE)
        again = world.a_user(phone=mila.phone)
        again.consents("analytics")
        again.submits_usage(event_of(world, name="later.used"))

    just_before(lapses, "delete", give_consent_again)
    run()
    assert names() == ["app.crashed", "later.used"]
    choices = consents.read(AccountId(mila.account_id))
    assert choices
    assert ANALYTICS in choices.consented
    # The note of the withdrawal was removed; all other data stays.
    assert run() == {"renewed": 0, "failed": 0, "deleted": 0}
    assert names() == ["app.crashed", "later.used"]


@pytest.mark.promise("RGT-7")
def test_many_items_are_deleted_over_several_runs(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    vuk = world.a_user()
    vuk.consents("analytics")
    store_singly(AccountId(vuk.account_id), 60)
    vuk.withdraws("analytics")
    world.advance(HOUR)
    monkeypatch.setattr(renewal, "_SLICE", timedelta(0))
    deleted = []
    for _ in range(4):
        deleted.append(run()["deleted"])
        world.advance(HOUR)
    assert deleted == [25, 25, 10, 0]


def test_deletion_reads_keys_and_times_and_writes_in_calls_of_twenty_five(world: World) -> None:
    vuk = world.a_user()
    vuk.consents("analytics")
    store_singly(AccountId(vuk.account_id), 60)
    with cloud.counted() as calls:
        lapses.delete(AccountId(vuk.account_id), ANALYTICS, world.now + HOUR, world.now + HOUR)
    assert calls.tables == {"Query": 1, "BatchWriteItem": 3}


@pytest.mark.promise("RGT-7")
def test_altered_history_does_not_stop_the_deletion_of_use(world: World, mila: User) -> None:
    (entry,) = (item for item in cloud.all_items() if "previous_delete_at" in item)
    alter_newest(Chain.parse(entry["pk"]["S"]))
    mila.withdraws("analytics")
    world.advance(HOUR)
    assert run() == {"renewed": 0, "failed": 1, "deleted": 1}
    assert kinds() == ["diagnostics_event"]


def test_use_of_a_subject_whose_decisions_cannot_be_read_is_not_shown(world: World, mila: User) -> None:
    damage(Table.ACCOUNTS, f"A#{mila.account_id}", "purposes", sealed=b"\x01\x00\x01" + b"x" * 40)
    package = a_copy(mila)
    assert package.records("usage_event") == []
    assert ("usage_event", "consent_unknown") in [
        (error["what"], error["reason"]) for error in package.manifest["errors"]
    ]


def test_account_without_stored_data_of_the_purpose_is_not_due(world: World) -> None:
    vuk = world.a_user()
    vuk.consents("marketing")
    vuk.withdraws("marketing")
    world.advance(HOUR)
    assert run() == {"renewed": 0, "failed": 0, "deleted": 0}
    (item,) = cloud.records("purposes")
    assert "renewal" not in item


def test_account_that_refused_without_a_consent_is_not_due(world: World) -> None:
    vuk = world.a_user()
    vuk.withdraws("analytics")
    (item,) = cloud.records("purposes")
    assert "renewal" not in item


def test_throttled_account_does_not_delay_the_deletion_for_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consents, "SHARDS", ("00",))
    people = [world.a_user() for _ in range(3)]
    for person in people:
        person.consents("analytics")
        person.submits_usage(event_of(world))
        person.withdraws("analytics")
    world.advance(HOUR)
    first = next(consents.due("00", clock.now()))
    with cloud.failing("dynamodb", "BatchWriteItem", refusal("ThrottlingException"), touching=f"A#{first}"):
        assert run() == {"renewed": 0, "failed": 1, "deleted": 2}
    assert {item["pk"] for item in stored_items()} == {f"A#{first}"}
    assert run()["deleted"] == 1


def test_message_is_redelivered_if_every_account_of_its_shard_is_throttled(world: World) -> None:
    vuk = world.a_user()
    vuk.consents("analytics")
    vuk.submits_usage(event_of(world))
    vuk.withdraws("analytics")
    world.advance(HOUR)
    with cloud.failing("dynamodb", "BatchWriteItem", refusal("ThrottlingException")):
        assert run() == {"redelivered": 1, "renewed": 0, "failed": 0, "deleted": 0}
    world.advance(SHARD_LEASE)  # of the worker that failed
    assert run()["deleted"] == 1
