"""Tests the hourly renewal: evidence of a consent in force is renewed before it expires."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib.consents import evidence, renewal, store
from chalicelib.consents.jobs import renew_consents
from chalicelib.core import aws, chain, needs, table
from chalicelib.core.clock import DAY, HOUR, to_text
from chalicelib.privacy.purposes import Category, Purpose
from tests.support import cloud
from tests.support.builders import a_schedule_event
from tests.support.cloud import counted
from tests.support.races import just_before
from tests.support.world import User, World

DUE = timedelta(days=5 * 365 + 1 - 90)  # after a consent was given; one leap day lies in between


def run() -> Any:
    """Run the job as Lambda does."""
    return renew_consents(a_schedule_event(), None)


def sign_in_again(user: User) -> User:
    """Sign the same person in again, years later."""
    return user.world.a_user(phone=user.phone)


def records(user: User, purpose: str = "analytics") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = sign_in_again(user).gets(f"/v1/consents/{purpose}/records").json["items"]
    return items


def words() -> list[str]:
    """Return the words of all entries of the Ledger."""
    return sorted(item["event"]["S"] for item in cloud.all_items() if "previous_delete_at" in item)


@pytest.fixture
def one_shard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runs read one shard of the index, not sixteen."""
    monkeypatch.setattr(store, "_SHARDS", ("00",))


@pytest.fixture
def mila(world: World) -> User:
    """Return a user who consents to analytics."""
    mila = world.a_user()
    assert mila.consents("analytics").status == 200
    return mila


@pytest.mark.promise("RGT-7")
def test_evidence_of_a_consent_in_force_never_expires(one_shard: None, world: World, mila: User) -> None:
    (given,) = records(mila)
    for _ in range(12 * 12):
        world.advance(30 * DAY)
        run()
        # If the consent were withdrawn now, its newest evidence would be kept for most of five years.
        newest = max(int(i["delete_at"]["N"]) for i in cloud.all_items() if "previous_delete_at" in i)
        assert newest - world.now.timestamp() > 59 * DAY.total_seconds()
    (record,) = records(mila)
    for section in ("header", "event"):
        assert record[section] == given[section]
    assert words() == ["carried_over", "carried_over", "decided"]


def test_account_that_is_not_due_is_not_renewed(world: World, mila: User) -> None:
    world.advance(DUE - timedelta(seconds=1))
    assert run() == {"renewed": 0, "failed": 0, "deleted": 0}
    world.advance(timedelta(seconds=1))
    assert run() == {"renewed": 1, "failed": 0, "deleted": 0}
    assert run() == {"renewed": 0, "failed": 0, "deleted": 0}


@pytest.mark.parametrize(("state", "renewed"), [("frozen", 1), ("erasing", 0)])
def test_evidence_is_renewed_for_a_frozen_account_and_not_during_its_erasure(
    world: World, mila: User, state: str, renewed: int
) -> None:
    world.set_state(mila, state)
    world.advance(DUE)
    assert run() == {"renewed": renewed, "failed": 0, "deleted": 0}


@pytest.mark.promise("RGT-7")
def test_renewed_evidence_repeats_the_original_event(
    world: World, mila: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    (given,) = records(mila)
    monkeypatch.setitem(evidence.COVERS, Purpose.ANALYTICS, (Category.EMAIL,))
    world.advance(DUE)
    run()
    world.advance(91 * DAY)  # the first entry has expired
    assert records(mila) == [given]


@pytest.mark.promise("RGT-7")
def test_consent_without_evidence_is_reported_and_gets_no_new_evidence(world: World, mila: User) -> None:
    world.advance(DUE + 91 * DAY)
    assert run() == {"renewed": 0, "failed": 1, "deleted": 0}
    assert words() == ["decided"]


@pytest.mark.promise("RET-1")
def test_withdrawn_consent_is_not_renewed(world: World, mila: User) -> None:
    mila.consents("marketing")
    mila.withdraws("analytics")
    world.advance(DUE)
    assert run() == {"renewed": 1, "failed": 0, "deleted": 0}
    (entry,) = [i for i in cloud.all_items() if i.get("event") == {"S": "carried_over"}]
    assert '"purpose":"marketing"' in entry["payload"]["S"]
    assert "analytics" not in entry["payload"]["S"]


@pytest.mark.promise("RET-1")
def test_account_without_a_consent_in_force_is_never_due(world: World, mila: User) -> None:
    mila.withdraws("analytics")
    world.advance(2 * DUE)
    assert run() == {"renewed": 0, "failed": 0, "deleted": 0}
    (item,) = cloud.records("purposes")
    assert not {"renewal", "renew_at"} & item.keys()


def test_oldest_consent_sets_when_an_account_is_due(world: World, mila: User) -> None:
    world.advance(DAY)
    sign_in_again(mila).consents("marketing")
    world.advance(DUE - DAY)
    assert run()["renewed"] == 1
    world.advance(DAY)
    assert run()["renewed"] == 0  # the run renewed both


@pytest.mark.promise("RGT-7")
def test_outage_half_way_through_a_run_leaves_the_rest_to_the_next(world: World, mila: User) -> None:
    for _ in range(2):
        world.a_user().consents("analytics")
    world.advance(DUE)
    outage = EndpointConnectionError(endpoint_url="https://dynamodb")
    done: list[object] = []
    record = store.record

    def fails_from_the_second_on(*args: Any) -> None:
        if done:
            with cloud.failing("dynamodb", "TransactWriteItems", outage):
                record(*args)
        done.append(record(*args))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "record", fails_from_the_second_on)
        assert run() == {"renewed": 1, "failed": 2, "deleted": 0}
    assert words().count("carried_over") == 1
    assert run() == {"renewed": 2, "failed": 0, "deleted": 0}
    assert words().count("carried_over") == 3


def test_two_concurrent_runs_renew_an_account_once(
    world: World, mila: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.advance(DUE)
    first = just_before(monkeypatch, table, "transact", run)
    assert (first, run()) == (
        [{"renewed": 1, "failed": 0, "deleted": 0}],
        {"renewed": 0, "failed": 0, "deleted": 0},
    )
    assert words() == ["carried_over", "decided"]


def test_account_that_an_outdated_index_lists_is_not_renewed_twice(
    world: World, mila: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.advance(DUE)
    first = just_before(monkeypatch, needs, "read_accounts", run)
    assert (run(), first) == (
        {"renewed": 0, "failed": 0, "deleted": 0},
        [{"renewed": 1, "failed": 0, "deleted": 0}],
    )
    assert words() == ["carried_over", "decided"]


@pytest.mark.promise("RGT-7")
@pytest.mark.parametrize("moment", ["before the head is read", "after it"])
def test_withdrawal_during_the_renewal_stays_in_force(
    world: World, mila: User, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    world.advance(DUE)
    mila = sign_in_again(mila)
    module, name = (chain, "append_write") if moment == "before the head is read" else (table, "transact")
    just_before(monkeypatch, module, name, lambda: mila.withdraws("analytics"))
    assert run()["renewed"] == 0
    states = {c["purpose"]: c["state"] for c in mila.gets("/v1/consents").json["items"]}
    assert states["analytics"] == "withdrawn"
    assert words() == ["decided", "decided"]


@pytest.mark.promise("RGT-7")
@pytest.mark.parametrize(
    "altered",
    [{"sealed": {"B": b"broken" * 10}}, {"renew_at": {"S": "2000-13-32"}}],
    ids=lambda one: next(iter(one)),
)
def test_unreadable_record_does_not_delay_others(world: World, mila: User, altered: dict[str, Any]) -> None:
    world.a_user().consents("analytics")
    (item,) = (i for i in cloud.records("purposes") if i["pk"]["S"] == f"A#{mila.account_id}")
    aws.client("dynamodb").put_item(TableName="ru4m-test-accounts", Item={**item, **altered})
    world.advance(DUE)
    assert run() == {"renewed": 1, "failed": 1, "deleted": 0}


def test_run_ends_before_its_timeout(world: World, mila: User) -> None:
    world.advance(DUE)
    assert renewal.renew(until=world.now) == renewal.RenewalRun(0, 0)
    assert renewal.renew(until=world.now + HOUR) == renewal.RenewalRun(1, 0)


@pytest.mark.promise("SEC-1")
def test_run_logs_counts_and_no_ids(world: World, mila: User) -> None:
    world.canaries.add("account", mila.account_id)
    world.canaries.add("phone", mila.phone)
    world.advance(DUE)
    run()
    assert world.canaries.in_text(world.log.getvalue()) == []
    assert to_text(world.now) in {i["carried_over_at"]["S"] for i in cloud.records("purposes")}


def test_renewal_costs_a_read_for_many_accounts_and_three_calls_for_each(world: World) -> None:
    for _ in range(5):
        world.a_user().consents("analytics")
    world.advance(DUE)
    with counted() as calls:
        run()
    assert calls == {
        "dynamodb.Query": 16 + 2 * 5,  # the shards of the index; each history, and its head
        "dynamodb.BatchGetItem": 1,
        "dynamodb.TransactWriteItems": 5,
    }
