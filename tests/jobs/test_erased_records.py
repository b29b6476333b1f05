"""An erasure deletes a subject's partitions, whatever they hold, and nothing else."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.accounts.profiles.service import PROFILE
from chalicelib.core import aws, clock, needs, table
from chalicelib.core.clock import DAY, HOUR, MINUTE
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import AccountId
from chalicelib.core.sealing import KeyNotFound
from chalicelib.core.table import Key, Table
from chalicelib.privacy import erasure, pins, subject_keys
from chalicelib.privacy.declaration import UNDECLARED, LookupPath, lookup_path
from chalicelib.privacy.erasure import KeyNotDeleted, NotDeletable
from chalicelib.privacy.plans import Action, TableStep
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.rights.erasure.certificates.model import known_kinds
from tests.support.cases.erasure_parts import delete_records, deletions
from tests.support.clouds import cloud
from tests.support.faults.outages import OUTAGES, named, refusal
from tests.support.world.builders import a_fault, an_event
from tests.support.world.usage import store_singly
from tests.support.world.world import User, World

pytestmark = pytest.mark.proof  # takes long

ACCOUNTS, _, USAGE = deletions()


@pytest.fixture
def mila(world: World) -> User:
    """Return a user with a session, a profile, a decision, a use event and a fault event."""
    mila = world.a_user()
    mila.consents("analytics")
    assert mila.submits_usage(an_event(), a_fault()).json["accepted"] == 2
    return mila


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasure, "PAGE", 50)


@pytest.fixture
def pauses(world: World, monkeypatch: pytest.MonkeyPatch) -> list[timedelta]:
    """Collect the pauses of a second or more, by which the clock advances."""
    waited: list[timedelta] = []

    def wait(length: timedelta) -> None:
        world.advance(length)
        waited.append(length)

    monkeypatch.setattr(clock, "pause", wait)
    return waited


def partition(account_id: str, *places: Table) -> list[dict[str, Any]]:
    """Return what the tables that an erasure deletes hold of an account."""
    client, items = aws.client("dynamodb"), list[dict[str, Any]]()
    for place in places or erasure.deletable_tables():
        stored = client.scan(TableName=f"ru4m-test-{place}")["Items"]
        items += [item for item in stored if item["pk"] == {"S": f"A#{account_id}"}]
    return items


def store_raw(user: User, sk: str, place: Table = Table.ACCOUNTS, **attributes: Any) -> None:
    key = {"pk": {"S": f"A#{user.account_id}"}, "sk": {"S": sk}}
    aws.client("dynamodb").put_item(TableName=f"ru4m-test-{place}", Item={**key, **attributes})


def delete(user: User, step: TableStep, within: timedelta = HOUR) -> tuple[Counter[str], bool]:
    """Run a deletion; return what it recorded, and whether it was complete."""
    recorded: Counter[str] = Counter()
    account_id, deadline = AccountId(user.account_id), clock.now() + within
    run = erasure.delete_records(account_id, step, deadline, recorded.update)
    assert run.items == recorded
    return recorded, run.complete


@pytest.mark.promise("RGT-3")
def test_all_records_of_a_subject_are_deleted_and_counted_by_kind(mila: User) -> None:
    stored = Counter(item["kind"]["S"] for item in partition(mila.account_id))
    assert stored.keys() >= {"account", "profile", "session", "purposes", "usage_event", "usage_count"}
    assert delete_records(mila.account_id) == stored
    assert partition(mila.account_id) == []
    assert erasure.remaining(AccountId(mila.account_id)) == {}


@pytest.mark.promise("RGT-3")
def test_no_item_outside_of_the_subjects_partition_is_changed(world: World, mila: User) -> None:
    vuk = world.a_user()
    vuk.consents("analytics")
    vuk.submits_usage(an_event(), a_fault())
    others = [item for item in cloud.all_items() if item not in partition(mila.account_id)]
    delete_records(mila.account_id)
    assert cloud.all_items() == others
    assert vuk.gets("/v1/profile").status == 200


def test_deletion_covers_every_table_found_by_the_account_but_keys() -> None:
    by_account = {one for one in Table if lookup_path(one) is LookupPath.BY_ACCOUNT}
    assert {step.table for step in deletions()} == by_account - {Table.KEYS}
    assert set(erasure.deletable_tables()) == by_account - {Table.KEYS}


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize(
    "attributes",
    [{}, {"kind": {"S": "+381601234567"}}, {"kind": {"M": {"S": {"S": "profile"}}}}, {"kind": {"N": "7"}},
     {"kind": {"SS": ["profile"]}}, {"kind": {"NULL": True}}, {"kind": {"S": "claim"}}],
    ids=["none", "a number as its text", "map", "number", "set", "null", "kind of another table"],
)  # fmt: skip
def test_item_that_no_declaration_knows_is_deleted_and_counted_as_unknown(
    mila: User, attributes: dict[str, Any]
) -> None:
    store_raw(mila, "added by hand", **attributes)
    recorded, complete = delete(mila, ACCOUNTS)
    assert complete
    assert partition(mila.account_id, Table.ACCOUNTS) == []
    assert recorded[UNDECLARED] == 1
    assert recorded.keys() <= known_kinds()  # so a certificate can state each count


@pytest.mark.promise("RGT-3")
def test_pinned_records_are_deleted(world: World, mila: User) -> None:
    pinned = pins.pin(AccountId(mila.account_id), world.now, world.now + 400 * DAY, world.now + MINUTE)
    assert pinned.items > 0
    delete_records(mila.account_id)
    assert partition(mila.account_id) == []


@pytest.mark.promise("RGT-3")
def test_expired_records_that_are_still_stored_are_deleted(world: World, mila: User) -> None:
    world.advance(400 * DAY)
    assert erasure.remaining(AccountId(mila.account_id)).keys() == {Table.ACCOUNTS, Table.USAGE}
    delete_records(mila.account_id)
    assert partition(mila.account_id) == []


@pytest.mark.promise("RET-3")
def test_kept_kinds_are_spared_and_count_as_remaining(mila: User) -> None:
    """A late write of a kept kind must be moved before the key is deleted."""
    account_id, deadline = AccountId(mila.account_id), clock.now() + HOUR
    for step in deletions():
        erasure.delete_records(account_id, step, deadline, lambda _: None, sparing=("profile",))
    assert [item["kind"]["S"] for item in partition(mila.account_id)] == ["profile"]
    assert erasure.remaining(account_id) == {Table.ACCOUNTS: 1}


@pytest.mark.parametrize(
    "step",
    [TableStep(Action.DELETE, Table.KEYS), TableStep(Action.DELETE, Table.RIGHTS),
     TableStep(Action.KEEP, Table.USAGE), TableStep(Action.NEVER, Table.LEDGER)],
    ids=lambda step: step.name,
)  # fmt: skip
def test_step_that_deletes_no_partition_is_refused(mila: User, step: TableStep) -> None:
    before = cloud.all_items()
    with pytest.raises(NotDeletable, match=step.name):
        delete(mila, step)
    assert cloud.all_items() == before


class Killed(BaseException):
    """The worker is killed."""


@contextmanager
def killed_at(number: int, moment: str) -> Iterator[None]:
    """Kill the worker before or after its nth write."""
    left = iter(range(number))

    def die(**_: Any) -> None:
        if next(left, None) is None:
            raise Killed

    with cloud.hooked("dynamodb", f"{moment}-call.dynamodb.BatchWriteItem", die), suppress(Killed):
        yield


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("number", range(6))
@pytest.mark.usefixtures("small_pages")
def test_deletion_killed_at_any_write_ends_the_same_and_counts_no_item_twice(
    world: World, number: int, moment: str
) -> None:
    vuk, others = world.a_user(), cloud.all_items()
    store_singly(AccountId(vuk.account_id), 130)
    recorded: Counter[str] = Counter()
    account_id, deadline = AccountId(vuk.account_id), world.now + HOUR
    with killed_at(number, moment):
        erasure.delete_records(account_id, USAGE, deadline, recorded.update)
    first = recorded.total()
    assert first == number // 2 * 50
    assert erasure.delete_records(account_id, USAGE, deadline, recorded.update).complete
    assert cloud.all_items() == others
    lost = 130 - recorded.total()
    assert lost == number * 25 - first + (min(25, 130 - number * 25) if moment == "after" else 0)
    assert 0 <= lost <= erasure.PAGE


@pytest.mark.usefixtures("small_pages")
def test_worker_killed_while_it_records_loses_the_counts_of_one_page(world: World) -> None:
    vuk = world.a_user()
    account_id, recorded = AccountId(vuk.account_id), Counter[str]()
    store_singly(account_id, 130)

    def record(_: Any) -> None:
        raise Killed

    with suppress(Killed):
        erasure.delete_records(account_id, USAGE, world.now + HOUR, record)
    erasure.delete_records(account_id, USAGE, world.now + HOUR, recorded.update)
    assert recorded == {"usage_event": 80}


@pytest.mark.usefixtures("small_pages")
def test_run_ends_with_the_error_of_a_caller_that_lost_its_lease(world: World) -> None:
    vuk = world.a_user()
    store_singly(AccountId(vuk.account_id), 130)

    def refuse(_: Any) -> None:
        raise PermissionError

    with pytest.raises(PermissionError):
        erasure.delete_records(AccountId(vuk.account_id), USAGE, world.now + HOUR, refuse)
    assert len(partition(vuk.account_id, Table.USAGE)) == 80


@pytest.mark.usefixtures("small_pages")
def test_run_stops_at_its_deadline_and_the_next_one_continues(world: World) -> None:
    vuk = world.a_user()
    store_singly(AccountId(vuk.account_id), 60)
    runs = [delete(vuk, USAGE, within=timedelta(0)) for _ in range(4)]
    assert [(recorded.total(), complete) for recorded, complete in runs] == [
        (25, False), (25, False), (10, False), (0, True)
    ]  # fmt: skip


@pytest.mark.promise("RGT-3")
def test_late_write_remains_and_is_deleted_by_the_second_pass(mila: User) -> None:
    delete_records(mila.account_id)
    store_singly(AccountId(mila.account_id), 2)
    store_raw(mila, "session#late")
    assert erasure.remaining(AccountId(mila.account_id)) == {Table.ACCOUNTS: 1, Table.USAGE: 2}
    delete_records(mila.account_id)
    assert erasure.remaining(AccountId(mila.account_id)) == {}


def test_remaining_is_read_consistently_and_counts_up_to_its_limit(
    mila: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure, "MAX_REMAINING", 5)
    store_singly(AccountId(mila.account_id), 30)
    consistent = []

    def note(params: dict[str, Any], **_: Any) -> None:
        consistent.append(params.get("ConsistentRead"))

    with cloud.hooked("dynamodb", "provide-client-params.dynamodb.Query", note), cloud.counted() as calls:
        assert erasure.remaining(AccountId(mila.account_id)) == {Table.ACCOUNTS: 5, Table.USAGE: 5}
    assert consistent == [True, True, True]
    assert calls.tables == {"Query": 3}


def test_busy_partition_is_waited_for_and_then_deleted(mila: User, pauses: list[timedelta]) -> None:
    with cloud.failing("dynamodb", "BatchWriteItem", refusal("ThrottlingException"), times=6):
        assert delete(mila, USAGE)[1]
    assert [pause for pause in pauses if pause >= timedelta(seconds=1)] == [
        timedelta(seconds=1),
        timedelta(seconds=2),
    ]


@pytest.mark.usefixtures("small_pages")
def test_partition_that_stays_busy_is_unavailable_and_its_counts_are_recorded(
    world: World, pauses: list[timedelta]
) -> None:
    vuk, recorded = world.a_user(), Counter[str]()
    store_singly(AccountId(vuk.account_id), 130)
    calls = iter(range(100))

    def refuse(**_: Any) -> None:
        if next(calls) >= 3:
            raise refusal("ThrottlingException")

    with cloud.hooked("dynamodb", "before-call.dynamodb.BatchWriteItem", refuse), pytest.raises(Unavailable):
        erasure.delete_records(AccountId(vuk.account_id), USAGE, world.now + HOUR, recorded.update)
    assert sum(pauses, timedelta()) < MINUTE
    assert recorded == {"usage_event": 75}
    assert len(partition(vuk.account_id, Table.USAGE)) == 55


def test_no_pause_passes_the_deadline(mila: User, pauses: list[timedelta]) -> None:
    ends = clock.now() + timedelta(seconds=4)
    with (
        cloud.failing("dynamodb", "BatchWriteItem", refusal("ThrottlingException")),
        pytest.raises(Unavailable),
    ):
        delete(mila, USAGE, within=timedelta(seconds=4))
    assert clock.now() < ends


@pytest.mark.parametrize("error", OUTAGES, ids=named)
@pytest.mark.usefixtures("pauses")
def test_outage_is_unavailable_and_the_next_run_deletes(mila: User, error: Exception) -> None:
    for operation in ("Query", "BatchWriteItem"):
        with cloud.failing("dynamodb", operation, error), pytest.raises(Unavailable):
            delete_records(mila.account_id)
    delete_records(mila.account_id)
    assert partition(mila.account_id) == []


@pytest.mark.usefixtures("pauses")
def test_deletion_whose_answer_is_lost_is_counted_once(mila: User) -> None:
    with cloud.losing_responses("BatchWriteItem"):
        recorded, complete = delete(mila, USAGE)
    assert complete
    assert recorded == {"usage_event": 1, "diagnostics_event": 1, "usage_count": 1}


@pytest.mark.promise("RGT-3")
def test_sealed_records_cannot_be_opened_after_the_key_is_deleted(mila: User) -> None:
    account_id = AccountId(mila.account_id)
    erasure.delete_key(account_id)
    (row,) = needs.read_accounts([account_id], (PROFILE, DATA_KEY))
    with pytest.raises(KeyNotFound):
        row[PROFILE]


def test_deletion_of_a_key_may_be_repeated_and_deletes_no_other_key(world: World, mila: User) -> None:
    vuk = world.a_user()
    for _ in range(2):
        erasure.delete_key(AccountId(mila.account_id))
    keys = aws.client("dynamodb").scan(TableName="ru4m-test-keys")["Items"]
    assert [item["pk"]["S"] for item in keys] == [f"A#{vuk.account_id}"]


def test_deletion_of_a_key_whose_answer_is_lost_is_done(mila: User) -> None:
    with cloud.losing_responses("DeleteItem"):
        erasure.delete_key(AccountId(mila.account_id))
    assert aws.client("dynamodb").scan(TableName="ru4m-test-keys")["Items"] == []


def test_key_that_stays_in_its_table_is_not_reported_as_deleted(mila: User) -> None:
    place = subject_keys.key(AccountId(mila.account_id))
    table.put_all(Table.KEYS, [(Key(Table.KEYS, place.pk), {"expires_at": 1, "delete_at": 1})])
    with pytest.raises(KeyNotDeleted):
        erasure.delete_key(AccountId(mila.account_id))
