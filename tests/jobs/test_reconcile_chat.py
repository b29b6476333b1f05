"""Tests `reconcile_chat`: erased users are looked for at Stream, and deleted again if they are found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from botocore.exceptions import ConnectTimeoutError

from chalicelib.core import aws, chain, clock
from chalicelib.core.chain import ChainEntry
from chalicelib.core.clock import DAY, HOUR, MINUTE, Pace
from chalicelib.core.metrics import Metric
from chalicelib.core.observe import EntryFailed
from chalicelib.core.settings import settings
from chalicelib.core.table.items import plain, wire_item
from chalicelib.core.table_names import Table
from chalicelib.reconciliation import service, store
from chalicelib.rights.erasure import model as erasure_model
from chalicelib.rights.erasure.model import CheckStage
from chalicelib.stream import gateway
from chalicelib.stream.model import StreamReport
from infra.stream_emulator import Emulator
from tests.support.cases.erasure_requests import a_subject, asks_for_erasure, stored, work
from tests.support.clouds import cloud
from tests.support.jobs.reconciliation import Erased, an_erased_user, planned, reconcile, still_at_stream
from tests.support.stream.chat_deletions import FAILURE, attempts
from tests.support.world.limits import configure
from tests.support.world.world import World

pytestmark = [pytest.mark.promise("STR-5"), pytest.mark.usefixtures("stream")]


@pytest.fixture
def tried(world: World, stream: Emulator) -> None:
    """Let the job have tried its configuration, so that runs act, and have ended its pass over no users."""
    assert [reconcile()["acted"], reconcile()["acted"]] == [0, 1]


def lines(world: World) -> list[ChainEntry]:
    """Return today's evidence, oldest first."""
    return list(chain.entries(store.HISTORY.chain_of(world.now)))


def state_of(stream: Emulator, user_id: str) -> str:
    return str(stream.user(user_id)["state"])


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use two shards in place of 16, since moto's queries are slow, and do not pause between repairs."""
    monkeypatch.setattr(erasure_model, "CHECK_SHARDS", ("00", "01"))
    monkeypatch.setattr(clock, "pause", lambda _: None)


def quiet(**more: int) -> dict[str, int]:
    """Return the counts of a run that found nothing, but for these."""
    names = (
        "checked",
        "found",
        "gone",
        "users",
        "drifted",
        "statuses",
        "ended",
        "suspended",
        "ownerless",
        "unknown",
        "foreign",
        "channels",
        "channels_drifted",
        "channels_abandoned",
        "channels_foreign",
        "to_change",
    )
    return dict.fromkeys((*names, "acted", "complete", "blocked"), 0) | more


def run_hourly(world: World, until: Callable[[], bool]) -> None:
    """Run the job each hour until something holds."""
    for _ in range(50):
        reconcile()
        if until():
            return
        world.advance(HOUR)
    raise AssertionError("it never holds")


# --- when users are looked for


@pytest.mark.usefixtures("services")
def test_completed_erasure_plans_the_first_check_after_a_day(world: World) -> None:
    request_id = asks_for_erasure(a_subject(world))
    work(world, request_id)
    closed_at = stored(request_id).closed_at
    assert closed_at
    assert planned() == [("1", clock.to_text(closed_at + DAY))]


@pytest.mark.usefixtures("tried")
def test_user_is_looked_for_after_1_7_30_and_90_days_and_then_no_more(world: World) -> None:
    began = world.now
    an_erased_user()
    looked = []
    for _ in range(100):
        world.advance(DAY)
        if reconcile()["checked"]:
            looked.append((world.now - began) // DAY)
    assert looked == [1, 7, 30, 90]
    assert planned() == []


@pytest.mark.usefixtures("tried")
def test_second_run_of_a_day_looks_for_nobody(world: World, stream: Emulator) -> None:
    an_erased_user()
    world.advance(DAY)
    reconcile()
    before = len(stream.requests())
    assert reconcile() == quiet(acted=1, complete=1)
    assert len(stream.requests()) == before


@pytest.mark.usefixtures("tried")
def test_hundred_users_are_looked_for_in_one_query(world: World, stream: Emulator) -> None:
    for _ in range(201):
        an_erased_user()
    world.advance(DAY)
    before = len(stream.requests(path="/users"))
    assert reconcile()["checked"] == 201
    assert len(stream.requests(path="/users")) - before == 3


@pytest.mark.usefixtures("tried")
def test_evidence_has_a_line_for_each_query_and_names_no_user(world: World) -> None:
    _, user_id = an_erased_user()
    world.advance(DAY)
    reconcile()
    (line,) = lines(world)
    assert (line.event, line.data) == ("checked", {"days": "1", "checked": 1, "found": 0})
    assert user_id not in line.payload


# --- a user who is found


@pytest.mark.usefixtures("tried")
def test_user_who_is_found_is_deleted_again_and_looked_for_anew(
    world: World, stream: Emulator, counts: Counter[Metric]
) -> None:
    request_id, user_id = still_at_stream(an_erased_user())
    world.advance(DAY)
    assert reconcile()["found"] == 1
    run_hourly(world, lambda: counts[Metric.STREAM_USER_DELETED_AGAIN] == 1)
    assert state_of(stream, user_id) == "pruned"
    assert planned() == [("1", clock.to_text(world.now + DAY))]
    assert [line.event for line in lines(world)] == ["checked", "found_again", "deleted_again"]
    assert lines(world)[1].data == {"request": request_id, "days": "1", "reported": "deleted"}
    assert counts[Metric.STREAM_USER_FOUND_AGAIN] == counts[Metric.STREAM_USER_DELETED_AGAIN] == 1
    assert counts[Metric.STREAM_REPORT_UNTRUE] == 1


def stored_for() -> tuple[str, int]:
    """Return since when the only check is counted, and its end."""
    (row,) = map(plain, cloud.records("stream_check"))
    return row["counted_from"], row["delete_at"]


def counted_anew(world: World) -> tuple[str, int]:
    """Return the same of a check that is counted from now."""
    return clock.to_text(world.now), clock.to_epoch(world.now + 120 * DAY)


@pytest.mark.usefixtures("tried")
def test_each_step_of_a_repair_defers_the_end_of_its_check(world: World, stream: Emulator) -> None:
    still_at_stream(an_erased_user())
    world.advance(119 * DAY)  # no run did anything since, and the check ends tomorrow
    stream.fault(method="POST", path="/users/delete", status=500, code=-1)
    reconcile()  # plans the repair
    assert stored_for() == counted_anew(world)
    world.advance(DAY)
    reconcile()  # requests the deletion
    assert stored_for() == counted_anew(world)
    world.advance(HOUR)
    run_hourly(world, lambda: [stage for stage, _ in planned()] == ["1"])
    assert stored_for() == counted_anew(world)


@pytest.mark.usefixtures("tried")
def test_user_whose_deletion_stream_did_not_report_is_no_untrue_report(
    world: World, counts: Counter[Metric]
) -> None:
    still_at_stream(an_erased_user(StreamReport.DELETED_BEFORE))
    world.advance(DAY)
    reconcile()
    assert counts[Metric.STREAM_USER_FOUND_AGAIN] == 1
    assert counts[Metric.STREAM_REPORT_UNTRUE] == 0


@pytest.mark.usefixtures("tried")
def test_deletion_that_fails_each_time_is_requested_again_a_day_later(
    world: World, stream: Emulator, counts: Counter[Metric]
) -> None:
    _, user_id = still_at_stream(an_erased_user())
    stream.fault(method="POST", path="/users/delete", status=400, code=4, times=4)
    world.advance(DAY)
    run_hourly(world, lambda: counts[Metric.CHAT_DELETION_UNPROVEN] == 1)
    assert lines(world)[-1].event == "not_deleted"
    assert planned() == [("repair", clock.to_text(world.now + DAY))]
    assert stored_for() == counted_anew(world)
    asked = attempts(stream)
    world.advance(23 * HOUR)
    reconcile()
    assert attempts(stream) == asked
    run_hourly(world, lambda: state_of(stream, user_id) == "pruned")
    assert attempts(stream) == asked + 1


@pytest.mark.usefixtures("tried")
def test_each_request_waits_for_its_turn_and_no_poll_does(
    world: World, stream: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[None] = []
    monkeypatch.setattr(Pace, "wait", lambda _: waits.append(None))
    for _ in range(3):
        still_at_stream(an_erased_user())
    world.advance(DAY)
    reconcile()
    run_hourly(world, lambda: len(planned()) == 3 and {stage for stage, _ in planned()} == {"1"})
    assert len(waits) == attempts(stream) == 3


@pytest.mark.usefixtures("tried")
def test_refused_repair_stops_no_other(world: World, stream: Emulator) -> None:
    first, second = (still_at_stream(an_erased_user())[1] for _ in range(2))
    world.advance(DAY)
    stream.fault(method="POST", path="/users/delete", status=403, code=17)
    assert reconcile()["complete"] == 0
    run_hourly(world, lambda: {state_of(stream, one) for one in (first, second)} == {"pruned"})


@pytest.mark.usefixtures("tried")
def test_repair_whose_task_failed_is_reported_as_unproven(
    world: World, stream: Emulator, counts: Counter[Metric]
) -> None:
    still_at_stream(an_erased_user())
    stream.spoil_tasks(failure=FAILURE)
    world.advance(DAY)
    run_hourly(world, lambda: counts[Metric.STREAM_USER_DELETED_AGAIN] == 1)
    assert counts[Metric.CHAT_DELETION_UNPROVEN] == 1  # Stream says only that the user was deleted before
    assert lines(world)[-1].data["reported"] == "deleted_before"


# --- a row that always fails


def alter(erased: Erased, **fields: object) -> None:
    """Overwrite the row of an erased user, as someone with access to the table could."""
    rows = map(plain, cloud.records("stream_check"))
    row = next(one for one in rows if one["sk"].endswith(erased[1]))
    aws.client("dynamodb").put_item(TableName=settings().table(Table.RIGHTS), Item=wire_item(row | fields))


@pytest.mark.usefixtures("tried")
def test_unreadable_rows_stop_no_other(world: World, stream: Emulator, counts: Counter[Metric]) -> None:
    *others, erased = (still_at_stream(an_erased_user()) for _ in range(4))
    for one in others:
        alter(one, reported="a word of another release")
    world.advance(DAY)
    run_hourly(world, lambda: state_of(stream, erased[1]) == "pruned")
    assert counts[Metric.RECORD_UNREADABLE] >= len(others)


@pytest.mark.usefixtures("tried")
def test_rows_of_repairs_that_become_unreadable_stop_no_other(world: World, stream: Emulator) -> None:
    *others, erased = (still_at_stream(an_erased_user()) for _ in range(4))
    world.advance(DAY)
    stream.fault(method="POST", path="/users/delete", status=500, code=-1)
    reconcile()
    for one in others:
        alter(one, reported="a word of another release")
    run_hourly(world, lambda: state_of(stream, erased[1]) == "pruned")


@pytest.mark.usefixtures("tried")
def test_row_with_a_malformed_user_id_stops_no_other(world: World, counts: Counter[Metric]) -> None:
    alter(an_erased_user(), sk="stream_check#no/user")
    an_erased_user()
    world.advance(DAY)
    assert reconcile()["checked"] == 2
    assert counts[Metric.RECORD_UNREADABLE] == 1


@pytest.mark.usefixtures("tried")
def test_unanswered_check_stops_no_repair(world: World, stream: Emulator) -> None:
    _, found = still_at_stream(an_erased_user())
    world.advance(DAY)
    stream.fault(method="POST", path="/users/delete", status=500, code=-1)
    reconcile()
    an_erased_user()
    world.advance(DAY)
    stream.fault(method="GET", path="/users", status=500, code=-1)
    assert reconcile()["complete"] == 0
    assert attempts(stream) == 2
    run_hourly(world, lambda: state_of(stream, found) == "pruned")


@pytest.mark.usefixtures("tried")
def test_repair_that_stream_never_answers_stops_no_other(world: World, stream: Emulator) -> None:
    for _ in range(3):
        still_at_stream(an_erased_user())
    stream.choose(task_progress="instant")
    world.advance(DAY)
    reconcile()
    world.advance(HOUR)
    stream.fault(method="GET", path="/tasks/", status=500, code=-1)
    assert reconcile()["gone"] == 2


# --- when Stream does not answer


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 429, "code": 9},
        {"status": 500, "code": -1},
        {"status": 200, "body": "<html>maintenance</html>"},
        {"status": 200, "body": '{"users": [{"id": "somebody-else"}]}'},
        {"drop_connection": True},
    ],
    ids=["limited", "failed", "html", "other_users", "dropped"],
)
@pytest.mark.usefixtures("tried")
def test_without_an_answer_no_check_passes(world: World, stream: Emulator, fault: dict[str, object]) -> None:
    an_erased_user()
    world.advance(DAY)
    before = planned()
    stream.fault(method="GET", path="/users", times=2, **fault)  # the SDK sends a dropped GET twice
    assert reconcile() == quiet(acted=1)
    assert (planned(), lines(world)) == (before, [])
    stream.clear_faults()
    assert reconcile()["checked"] == 1


@pytest.mark.usefixtures("tried")
def test_no_check_passes_that_cannot_be_recorded(world: World) -> None:
    an_erased_user()
    world.advance(DAY)
    before = planned()
    down = ConnectTimeoutError(endpoint_url="https://dynamodb")
    with cloud.failing("dynamodb", "PutItem", down, touching="test-ledger"), pytest.raises(EntryFailed):
        reconcile()
    assert planned() == before


# --- what keeps the job from acting


def test_first_run_under_a_configuration_only_counts(world: World, stream: Emulator) -> None:
    _, user_id = still_at_stream(an_erased_user())
    world.advance(DAY)
    assert reconcile() == quiet(checked=1, found=1, users=1, unknown=1, to_change=1, complete=1)
    assert (state_of(stream, user_id), planned()[0][0]) == ("active", "1")
    assert reconcile()["acted"] == 1
    assert planned()[0][0] == "repair"


@pytest.mark.parametrize("changed", ["STREAM_ERASURE", "STREAM_URL", "RECONCILIATION_FOUND_RUN"])
@pytest.mark.usefixtures("tried")
def test_changed_configuration_is_tried_first(world: World, stream: Emulator, changed: str) -> None:
    values = {
        "STREAM_ERASURE": "everything",
        "STREAM_URL": stream.url.replace("127.0.0.1", "localhost"),
        "RECONCILIATION_FOUND_RUN": "99",
    }
    an_erased_user()
    world.advance(DAY)
    configure(**{changed: values[changed]})
    gateway.forget()
    assert (reconcile()["acted"], reconcile()["acted"]) == (0, 1)


@pytest.mark.usefixtures("tried")
def test_too_many_users_found_block_the_job_until_it_is_released(
    world: World, stream: Emulator, monkeypatch: pytest.MonkeyPatch, gauges: dict[Metric, int]
) -> None:
    for _ in range(3):
        still_at_stream(an_erased_user())
    world.advance(DAY)
    monkeypatch.setattr(service, "too_many_found", lambda found: found > 2)
    before = planned()
    assert reconcile()["blocked"] == reconcile()["blocked"] == 1
    assert (planned(), attempts(stream), gauges[Metric.RECONCILIATION_BLOCKED]) == (before, 0, 1)
    monkeypatch.setattr(service, "too_many_found", lambda found: found > 100)
    assert reconcile()["blocked"] == 1
    assert reconcile(release=True) == {"released": 1}
    assert [(reconcile()["acted"], planned()[0][0]) for _ in range(2)] == [(0, "1"), (1, "repair")]


@pytest.mark.parametrize(("found", "blocked"), [(2, 0), (3, 1)])
def test_run_is_blocked_above_the_configured_number(world: World, found: int, blocked: int) -> None:
    configure(RECONCILIATION_FOUND_RUN="2")
    reconcile()
    reconcile()
    for _ in range(found):
        still_at_stream(an_erased_user())
    world.advance(DAY)
    counts = reconcile()
    assert (counts["found"], counts["blocked"]) == (found, blocked)


@pytest.mark.usefixtures("tried")
def test_another_app_at_stream_blocks_the_job(world: World, stream: Emulator) -> None:
    an_erased_user()
    world.advance(DAY)
    before = planned()
    configure(STREAM_API_KEY="another-key")
    gateway.forget()
    assert reconcile()["blocked"] == 1
    assert planned() == before


@pytest.mark.usefixtures("tried")
def test_run_beside_another_one_does_nothing(world: World) -> None:
    an_erased_user()
    world.advance(DAY)
    store.STATE.lease(world.now + 14 * MINUTE)
    assert (reconcile()["checked"], reconcile()["complete"]) == (0, 0)
    world.advance(15 * MINUTE)
    assert reconcile()["checked"] == 1  # the other run was killed


@pytest.mark.usefixtures("tried")
def test_job_is_not_released_while_a_run_is_in_progress(world: World) -> None:
    store.STATE.lease(world.now + 14 * MINUTE)
    assert reconcile(release=True) == {"released": 0}


@pytest.mark.usefixtures("tried")
def test_run_stops_at_its_deadline_and_the_next_one_continues(
    world: World, stream: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(150):
        an_erased_user()
    world.advance(DAY)
    record = store.record_checked

    def record_slowly(stage: CheckStage, checked: int, found: int) -> None:
        world.advance(timedelta(minutes=14))
        record(stage, checked, found)

    monkeypatch.setattr(store, "record_checked", record_slowly)
    counts = reconcile()
    assert (counts["checked"], counts["complete"]) == (100, 0)
    assert reconcile()["checked"] == 50


@pytest.mark.usefixtures("tried")
def test_dry_run_of_a_blocked_job_counts_all_and_says_that_it_is_blocked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(101):
        still_at_stream(an_erased_user())
    world.advance(DAY)
    monkeypatch.setattr(service, "too_many_found", lambda found: found > 2)
    assert reconcile()["blocked"] == 1
    counts = reconcile(dry_run=True)
    assert (counts["found"], counts["blocked"], counts["complete"]) == (101, 1, 1)


def test_dry_run_changes_nothing(world: World) -> None:
    still_at_stream(an_erased_user())
    world.advance(DAY)
    before = cloud.all_items()
    assert reconcile(dry_run=True)["found"] == 1
    assert cloud.all_items() == before
