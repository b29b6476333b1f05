"""Tests the hourly renewal: evidence of a consent in force is renewed before it expires."""

import json
from contextlib import suppress
from datetime import timedelta
from typing import Any, cast

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib.consents import evidence, store
from chalicelib.core import aws, chain, needs, table
from chalicelib.core.clock import DAY, HOUR, MINUTE, to_text
from chalicelib.core.metrics import Metric
from chalicelib.core.observe import EntryFailed
from chalicelib.core.table import Table
from chalicelib.privacy.leases import SHARD_LEASE
from chalicelib.privacy.purposes import Category, Purpose
from chalicelib.retention.consent_jobs import renew_consents, renew_shard
from tests.support.cases.copies import damage
from tests.support.cases.recycled import returns_after_years
from tests.support.clouds import cloud
from tests.support.clouds.cloud import counted
from tests.support.faults.crash import Killed
from tests.support.faults.races import before_the_commit, just_before
from tests.support.jobs import workers
from tests.support.jobs.events import Context, messages
from tests.support.world.builders import a_schedule_event
from tests.support.world.world import User, World

pytestmark = pytest.mark.proof  # takes long

ADDRESS = "mila@test.example"
DUE = timedelta(days=5 * 365 + 1 - 90)  # after a consent was given; one leap day lies in between


def run() -> Any:
    """Run the job as Lambda does."""
    return workers.renew()


def sign_in_again(user: User) -> User:
    """Sign the same person in again, years later."""
    return returns_after_years(user, ADDRESS)


def records(user: User, purpose: str = "analytics") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = sign_in_again(user).gets(f"/v1/consents/{purpose}/records").json["items"]
    return items


def words() -> list[str]:
    """Return the words of all entries of the Ledger but that of the mailbox (ADR 66)."""
    entries = [item["event"]["S"] for item in cloud.all_items() if "previous_delete_at" in item]
    return sorted(word for word in entries if word != "changed")


@pytest.fixture
def one_shard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runs read one shard of the index, not sixteen."""
    monkeypatch.setattr(store, "SHARDS", ("00",))


@pytest.fixture
def mila(world: World) -> User:
    """Return a user who consents to analytics."""
    mila = world.a_user()
    mila.has_email(ADDRESS)
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
def test_outage_half_way_through_a_run_leaves_the_rest_to_the_next(
    one_shard: None, world: World, mila: User
) -> None:
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


def run_of_another_worker(world: World) -> dict[str, int]:
    """Run once the lease of the worker that is running has ended."""
    world.advance(SHARD_LEASE)
    return workers.renew()


def test_two_concurrent_runs_renew_an_account_once(world: World, mila: User) -> None:
    world.advance(DUE)
    first = just_before(table, "transact", lambda: run_of_another_worker(world))
    assert (first, run()) == (
        [{"renewed": 1, "failed": 0, "deleted": 0}],
        {"renewed": 0, "failed": 0, "deleted": 0},
    )
    assert words() == ["carried_over", "decided"]


def test_account_that_an_outdated_index_lists_is_not_renewed_twice(world: World, mila: User) -> None:
    world.advance(DUE)
    first = just_before(needs, "read_accounts", lambda: run_of_another_worker(world))
    assert (run(), first) == (
        {"renewed": 0, "failed": 0, "deleted": 0},
        [{"renewed": 1, "failed": 0, "deleted": 0}],
    )
    assert words() == ["carried_over", "decided"]


@pytest.mark.promise("RGT-7")
@pytest.mark.parametrize("moment", ["before the head is read", "after it"])
def test_withdrawal_during_the_renewal_stays_in_force(world: World, mila: User, moment: str) -> None:
    world.advance(DUE)
    mila = sign_in_again(mila)
    module, name = (chain, "append_write") if moment == "before the head is read" else (table, "transact")
    just_before(module, name, lambda: mila.withdraws("analytics"))
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


def test_run_ends_before_its_timeout_and_the_next_run_continues(
    one_shard: None, world: World, mila: User
) -> None:
    world.advance(DUE)
    assert workers.renew(seconds=30)["renewed"] == 0
    assert workers.renew()["renewed"] == 1


@pytest.mark.promise("SEC-1")
def test_run_logs_counts_and_no_ids(world: World, mila: User) -> None:
    world.canaries.add("account", mila.account_id)
    world.canaries.add("phone", mila.phone)
    world.advance(DUE)
    run()
    assert world.canaries.in_text(world.log.getvalue()) == []
    assert to_text(world.now) in {i["carried_over_at"]["S"] for i in cloud.records("purposes")}


def test_renewal_costs_a_read_for_many_accounts_and_three_calls_for_each(
    one_shard: None, world: World
) -> None:
    for _ in range(5):
        world.a_user().consents("analytics")
    world.advance(DUE)
    with counted() as calls:
        run()
    assert calls == {
        "sqs.SendMessageBatch": 1,
        "dynamodb.Query": 2 + 2 * 5,  # of the schedule and of the worker; each history, and its head
        "dynamodb.BatchGetItem": 2 + 1,  # the progress, read by both; the accounts
        "dynamodb.PutItem": 2,  # the lease, and its release
        "dynamodb.TransactWriteItems": 5,
    }


# --- the queue


def send() -> dict[str, int]:
    """Run the schedule and leave its messages in the queue."""
    return cast("dict[str, int]", renew_consents(a_schedule_event(), Context()))


def message(shard: str = "00") -> str:
    return json.dumps({"shard": shard})


def deliver(*bodies: str) -> Any:
    return renew_shard(messages(*bodies), Context(300))


def test_schedule_sends_one_message_for_each_shard_with_work_due(world: World, mila: User) -> None:
    for _ in range(5):
        world.a_user().consents("analytics")
    assert send() == {"due": 0, "abandoned": 0}
    world.advance(DUE)
    shards = {item["renewal"]["S"] for item in cloud.records("purposes")}
    assert send()["due"] == len(shards)
    assert {json.loads(body)["shard"] for body in cloud.take_messages("renewals")} == shards


@pytest.mark.promise("SEC-1")
def test_message_about_a_shard_contains_no_id(world: World, mila: User) -> None:
    world.advance(DUE)
    send()
    (body,) = cloud.take_messages("renewals")
    assert json.loads(body).keys() == {"shard"}
    assert len(json.loads(body)["shard"]) == 2


@pytest.mark.promise("RGT-7")
def test_lost_message_about_a_shard_is_sent_again(one_shard: None, world: World, mila: User) -> None:
    world.advance(DUE)
    send()
    cloud.take_messages("renewals")
    world.advance(5 * MINUTE)
    assert run()["renewed"] == 1


@pytest.mark.promise("RGT-7")
def test_duplicate_or_late_message_renews_nothing_again(one_shard: None, world: World, mila: User) -> None:
    world.advance(DUE)
    assert workers.renewed_by(message(), message())["renewed"] == 1
    world.advance(2 * HOUR)
    assert workers.renewed_by(message()) == {"renewed": 0, "failed": 0, "deleted": 0}
    assert words() == ["carried_over", "decided"]


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("body", ["x", "[]", "{}", "null", '"00"', '{"shard":"00","more":"x"}'])
def test_message_without_a_shard_is_set_aside(body: str) -> None:
    assert deliver(body) == {"batchItemFailures": []}
    assert cloud.take_messages("dead") == [body]


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("body", ['{"shard":1}', '{"shard":"64"}'])
def test_message_about_no_shard_is_dropped(body: str) -> None:
    with counted() as calls:
        assert deliver(body) == {"batchItemFailures": []}
    assert calls == {}


def test_message_about_a_leased_shard_is_dropped(one_shard: None, world: World, mila: User) -> None:
    world.advance(DUE)
    inside: list[Any] = []

    def deliver_again() -> None:
        with counted() as calls:
            inside.append((deliver(message()), send(), calls))

    before_the_commit(deliver_again)
    assert workers.renewed_by(message())["renewed"] == 1
    ((answer, sent, calls),) = inside
    assert (answer, sent) == ({"batchItemFailures": []}, {"due": 0, "abandoned": 0})
    assert calls == {"dynamodb.BatchGetItem": 2}


@pytest.mark.promise("RGT-7")
def test_shard_that_kills_its_worker_does_not_delay_another_shard(
    world: World, mila: User, monkeypatch: pytest.MonkeyPatch, gauges: dict[Metric, int]
) -> None:
    for _ in range(8):
        world.a_user().consents("analytics")
    world.advance(DUE)
    shards = {item["pk"]["S"]: item["renewal"]["S"] for item in cloud.records("purposes")}
    deadly = shards[f"A#{mila.account_id}"]
    due = store.due

    def kill_in_one_shard(shard: str, at: Any) -> Any:
        if shard == deadly:
            raise Killed
        return due(shard, at)

    monkeypatch.setattr(store, "due", kill_in_one_shard)
    for _ in range(3):
        send()
        for body in cloud.take_messages("renewals"):
            with suppress(Killed):
                deliver(body)
        world.advance(10 * MINUTE)
    renewed = {item["pk"]["S"] for item in cloud.records("purposes") if "carried_over_at" in item}
    assert renewed == {account for account, shard in shards.items() if shard != deadly}
    send()
    assert gauges[Metric.CONSENT_SHARDS_ABANDONED] == 1  # an alarm fires if it does not end
    monkeypatch.setattr(store, "due", due)
    assert workers.renewed_by(message(deadly))["renewed"] >= 1
    send()
    assert gauges[Metric.CONSENT_SHARDS_ABANDONED] == 0


@pytest.mark.promise("RGT-7")
def test_only_the_message_whose_shard_is_unreachable_is_redelivered(world: World, mila: User) -> None:
    world.advance(DUE)
    (item,) = cloud.records("purposes")
    shard = item["renewal"]["S"]
    other = next(name for name in store.SHARDS if name != shard)
    outage = EndpointConnectionError(endpoint_url="https://dynamodb")
    with cloud.failing("dynamodb", "BatchGetItem", outage, touching=f"renewal_progress#{other}"):
        answer = deliver(message(other), message(shard))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}
    assert words() == ["carried_over", "decided"]


@pytest.mark.promise("RGT-7")
def test_schedule_fails_without_a_queue_and_the_next_run_sends(world: World, mila: User) -> None:
    world.advance(DUE)
    outage = EndpointConnectionError(endpoint_url="https://sqs")
    with cloud.failing("sqs", "SendMessageBatch", outage), pytest.raises(EntryFailed):
        send()
    assert run()["renewed"] == 1


def test_finished_shard_is_not_read_again_within_an_hour(one_shard: None, world: World, mila: User) -> None:
    """An account that cannot be renewed stays due."""
    world.advance(DUE + 91 * DAY)
    assert run()["failed"] == 1
    world.advance(55 * MINUTE)
    with counted() as calls:
        assert run()["failed"] == 0
    assert calls == {"dynamodb.BatchGetItem": 1}
    world.advance(5 * MINUTE)
    assert run()["failed"] == 1


def test_unreadable_progress_stops_only_its_shard(
    world: World, mila: User, capsys: pytest.CaptureFixture[str]
) -> None:
    world.advance(DUE)
    (item,) = cloud.records("purposes")
    shard = item["renewal"]["S"]
    for name in store.SHARDS:
        leased = store.RENEWING.lease(name, None, world.now)
        store.RENEWING.save(name, leased, leased_until=None)
        if name != shard:
            damage(Table.CHALLENGES, f"renewal_progress#{name}", None, touched_at="no time")
    capsys.readouterr()
    assert run()["renewed"] == 1
    assert '"RecordUnreadable"' in capsys.readouterr().out
    damage(Table.CHALLENGES, f"renewal_progress#{shard}", None, touched_at="no time")
    assert deliver(message(shard)) == {"batchItemFailures": []}


@pytest.mark.promise("RGT-7")
def test_standstill_is_measured_while_shards_are_due_and_no_worker_begins(
    one_shard: None, world: World, mila: User, gauges: dict[Metric, int]
) -> None:
    send()
    assert gauges[Metric.CONSENT_STANDSTILL_MINUTES] == 0  # nothing is due
    world.advance(DUE)
    assert run()["renewed"] == 1
    sign_in_again(mila).withdraws("analytics")  # its data is due for deletion ten minutes later
    world.advance(90 * MINUTE)
    send()
    assert gauges[Metric.CONSENT_STANDSTILL_MINUTES] == 90  # an alarm fires if it lasts
    run()
    world.advance(90 * MINUTE)
    send()
    assert gauges[Metric.CONSENT_STANDSTILL_MINUTES] == 0
