"""A user is deleted at Stream, and the deletion ends only with Stream's report and a query (STR-5)."""

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from chalicelib.core.ids import UserId
from chalicelib.core.metrics import Metric
from chalicelib.stream import deletion, gateway
from chalicelib.stream.deletion import MAX_ATTEMPTS, TASK_TIMEOUT, DeletionDoubt, DeletionStopped
from chalicelib.stream.model import (
    ChatProfile,
    StreamDataKind,
    StreamDeletion,
    StreamReport,
    StreamUnavailable,
)
from infra.stream_emulator import Emulator
from tests.support.stream.chat import Chatters
from tests.support.stream.chat_deletions import (
    DELETED,
    DELETED_BEFORE,
    ERROR,
    FAILURE,
    NO_USER,
    NOT_FOUND,
    REPEATED,
    UNPROVEN,
    a_task,
    asked,
    attempts,
    ended,
    pending_until,
)
from tests.support.world.limits import configure
from tests.support.world.world import World

# --- what is left


@pytest.mark.promise("STR-5")
def test_deletion_leaves_no_data_of_the_user_and_all_of_the_other(
    world: World, chat: Chatters, stream: Emulator, tmp_path: Path, counts: Counter[Metric]
) -> None:
    canary = world.canaries
    profile = ChatProfile(chat["Mila"], canary("name"), f"https://example.org/{canary('image')}")
    gateway.upsert([profile])
    photo = tmp_path / "photo.png"
    photo.write_bytes(b"content")
    url = chat.uploads("Mila", photo)
    theirs = chat.says("Vera", "what Vera said")
    chat.says("Mila", canary("message"), attachments=[{"type": "file", "asset_url": url}])
    chat.reacts("Mila", theirs, "love")
    stream.plant(chat["Mila"], user={"note": canary("planted")}, calls=[{"id": canary("call")}])
    assert ended(world, chat["Mila"]) == DELETED
    left = json.dumps(stream.state())
    assert canary.in_text(left) == []
    assert requests.get(url, timeout=5).status_code == 404
    (channel,) = stream.state()["channels"].values()
    assert [(one["text"], one["latest_reactions"]) for one in channel["messages"]] == [("what Vera said", [])]
    assert channel["members"] == [chat["Vera"]]
    assert stream.user(chat["Mila"])["state"] == "pruned"
    assert stream.user(chat["Vera"])["name"] == "Vera"
    assert not counts


@pytest.mark.promise("STR-5")
def test_extent_everything_also_deletes_the_conversation_of_two(
    world: World, chat: Chatters, stream: Emulator
) -> None:
    configure(STREAM_ERASURE="everything")
    chat.says("Vera", "what Vera said")
    found = ended(world, chat["Mila"])
    assert isinstance(found, StreamDeletion)
    assert set(found.by_kind.values()) == {StreamReport.DELETED}
    assert stream.state()["channels"] == {}
    assert stream.user(chat["Mila"])["state"] == "hard_deleted"


def test_deletion_keeps_its_extent_when_the_setting_changes(
    world: World, mila: UserId, stream: Emulator
) -> None:
    stream.spoil_tasks(failure=FAILURE)
    stream.choose(unfinished_delete="finished")
    progress = deletion.start(mila)
    configure(STREAM_ERASURE="everything")
    assert ended(world, mila, progress) == DELETED
    assert [one["body"]["user"] for one in stream.requests(path="/users/delete")] == ["pruning", "pruning"]


@pytest.mark.promise("STR-5")
def test_report_by_kind_says_what_was_kept(world: World, mila: UserId) -> None:
    found = ended(world, mila)
    assert isinstance(found, StreamDeletion)
    kept = found.by_kind[StreamDataKind.CONVERSATIONS]
    assert kept is StreamReport.KEPT
    rest = {said for kind, said in found.by_kind.items() if kind is not StreamDataKind.CONVERSATIONS}
    assert rest == {StreamReport.DELETED}
    assert found.unconfirmed == ()


def test_every_report_is_worded_as_one_of_stream() -> None:
    assert all(report.startswith("Stream ") for report in {*StreamReport} - {StreamReport.KEPT})


@pytest.mark.promise("STR-5")
def test_request_names_one_id_and_every_kind_of_data(mila: UserId, stream: Emulator) -> None:
    a_task(mila)
    (sent,) = stream.requests(path="/users/delete")
    assert sent["body"] == {
        "user_ids": [mila], "user": "pruning", "messages": "hard", "calls": "hard", "files": True,
    }  # fmt: skip


@pytest.mark.promise("STR-5")
def test_deactivated_user_is_deleted(world: World, mila: UserId, stream: Emulator) -> None:
    gateway.deactivate(mila)
    assert not deletion.is_gone(mila)
    assert ended(world, mila) == DELETED
    assert deletion.is_gone(mila)


# --- what ends a deletion


@pytest.mark.promise("STR-5")
def test_user_already_deleted_at_stream_is_a_success(world: World, mila: UserId, stream: Emulator) -> None:
    ended(world, mila)
    for choice in ("not_found", "task_error"):
        stream.choose(repeated_delete=choice)
        assert ended(world, mila) == DELETED_BEFORE
    assert set(DELETED_BEFORE.unconfirmed) == {
        StreamDataKind.MESSAGES,
        StreamDataKind.FILES,
        StreamDataKind.CALLS,
    }


@pytest.mark.parametrize("choice", ["not_found", "task_error"])
def test_user_never_sent_to_stream_is_a_success_of_its_own(
    world: World, stream: Emulator, counts: Counter[Metric], choice: str
) -> None:
    stream.choose(unknown_delete=choice)
    user_id = UserId.new()
    assert ended(world, user_id) == NO_USER
    assert NO_USER.unconfirmed == ()
    assert not counts
    assert user_id not in stream.state()["users"]


def test_unknown_user_whose_deletion_gets_400_ends_without_a_report(world: World, stream: Emulator) -> None:
    stream.choose(unknown_delete="bad_input")
    assert ended(world, UserId.new()) == NOT_FOUND


@pytest.mark.promise("STR-5")
def test_user_unknown_at_a_repeat_is_not_reported_as_never_sent(
    world: World, mila: UserId, stream: Emulator
) -> None:
    stream.spoil_tasks(failure=FAILURE)
    task = a_task(mila)
    again = asked(pending_until(mila, task, lambda one: one.task_id is None))
    world.advance(timedelta(minutes=5))
    stream.fault(path="/users/delete", status=404, code=16)  # without "was deleted"
    assert deletion.poll(mila, again) == NOT_FOUND


@pytest.mark.promise("STR-5")
@pytest.mark.parametrize("shown", ["hidden", "shown"])
def test_deleted_user_in_a_query_counts_as_gone(
    world: World, mila: UserId, stream: Emulator, shown: str
) -> None:
    stream.choose(deleted_in_queries=shown)
    assert ended(world, mila) == DELETED


# --- completed is not proof


@pytest.mark.promise("STR-5")
@pytest.mark.parametrize("result", [ERROR, {}, {"status": "OK"}, {"status": True}])
def test_user_that_failed_in_completed_tasks_stops_for_an_operator(
    world: World, mila: UserId, stream: Emulator, counts: Counter[Metric], result: dict[str, Any]
) -> None:
    stream.spoil_tasks(MAX_ATTEMPTS, results={mila: result})
    assert ended(world, mila) == DeletionStopped(DeletionDoubt.NOT_DONE_FOR_USER)
    assert attempts(stream) == MAX_ATTEMPTS
    assert counts == {REPEATED: MAX_ATTEMPTS - 1, UNPROVEN: 1}


@pytest.mark.promise("STR-5")
@pytest.mark.parametrize("result", ["{}", "[]", '"ok"', '{"u_another": {"status": "ok"}}'])
def test_completed_task_without_a_result_for_the_user_is_no_proof(
    mila: UserId, stream: Emulator, result: str
) -> None:
    stream.choose(task_progress="instant")
    task = a_task(mila)
    stream.fault(path="/tasks", status=200, body=f'{{"status": "completed", "result": {result}}}')
    assert asked(deletion.poll(mila, task)).attempts == 2


@pytest.mark.promise("STR-5")
def test_user_that_failed_once_is_requested_again(
    world: World, mila: UserId, stream: Emulator, counts: Counter[Metric]
) -> None:
    stream.spoil_tasks(results={mila: ERROR})
    stream.choose(unfinished_delete="finished")
    assert ended(world, mila) == DELETED
    assert (attempts(stream), counts) == (2, {REPEATED: 1})


@pytest.mark.promise("STR-5")
def test_user_that_stream_still_finds_is_queried_for_hours_before_a_repeat(
    world: World, mila: UserId, stream: Emulator, counts: Counter[Metric]
) -> None:
    stream.choose(task_progress="instant")
    task = a_task(mila)
    still_there = json.dumps({"users": [{"id": mila}]})
    stream.fault(method="GET", path="/users", times=2, status=200, body=still_there)
    world.advance(TASK_TIMEOUT - timedelta(seconds=1))
    assert asked(deletion.poll(mila, task)) == task
    assert not counts
    world.advance(timedelta(seconds=1))
    assert asked(deletion.poll(mila, task)).attempts == 2
    assert counts == {REPEATED: 1, UNPROVEN: 1}


@pytest.mark.promise("STR-5")
def test_user_reported_gone_but_found_stops_for_an_operator(
    world: World, mila: UserId, stream: Emulator
) -> None:
    stream.fault(path="/users/delete", times=MAX_ATTEMPTS, status=404, code=16)
    assert ended(world, mila) == DeletionStopped(DeletionDoubt.STILL_THERE)
    assert attempts(stream) == MAX_ATTEMPTS


@pytest.mark.promise("STR-5")
@pytest.mark.parametrize(
    "body",
    ["{}", "[]", '{"users": {}}', '{"users": [{}]}', '{"users": ["u"]}', '{"users": [{"id": "x"}]}', "x"],
)
def test_malformed_answer_to_a_query_is_not_read_as_absence(
    mila: UserId, stream: Emulator, body: str
) -> None:
    stream.choose(task_progress="instant")
    task = a_task(mila)
    stream.fault(method="GET", path="/users", status=200, body=body)
    with pytest.raises(StreamUnavailable):
        deletion.poll(mila, task)
    assert deletion.poll(mila, task) == DELETED
