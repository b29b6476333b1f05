"""What a deletion sends to Stream, and what it keeps out of logs."""

from typing import Any

import pytest

from chalicelib.core import clock, egress
from chalicelib.core.ids import UserId
from chalicelib.privacy.purposes import Category, Purpose
from chalicelib.stream import deletion, gateway
from chalicelib.stream.deletion import DeletionDoubt
from chalicelib.stream.model import ChatProfile, StreamRefused, TaskId
from infra.stream_emulator import Emulator
from tests.support.stream.chat_deletions import DELETED, KEEP, TROUBLES, a_task, asked, ended
from tests.support.world.world import World


@pytest.mark.promise("STR-5")
@pytest.mark.parametrize("doubt", [None, *TROUBLES])
def test_deletion_never_writes_a_user(
    world: World, mila: UserId, stream: Emulator, doubt: DeletionDoubt | None
) -> None:
    before = len(stream.requests())
    if doubt:
        TROUBLES[doubt](stream)
    ended(world, mila)
    ended(world, UserId.new())
    sent = {(one["method"], one["operation"]) for one in stream.requests()[before:]}
    assert sent <= {("POST", "DeleteUsers"), ("GET", "GetTask"), ("GET", "QueryUsers")}
    assert stream.violations() == []


@pytest.mark.promise("NOT-6")
def test_every_call_of_a_deletion_is_checked_against_the_register(
    world: World, mila: UserId, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, list[str]]] = []
    opened = egress.client

    def noted(to: Any, purpose: str, categories: Any, make: Any) -> Any:
        seen.append((purpose, sorted(categories)))
        return opened(to, purpose, categories, make)

    monkeypatch.setattr(egress, "client", noted)
    assert ended(world, mila) == DELETED
    assert {purpose for purpose, _ in seen} == {Purpose.LEGAL_OBLIGATION}
    assert [categories for _, categories in seen if categories] == [[Category.PSEUDONYM]] * 2


@pytest.mark.promise("SEC-1")
def test_failing_deletion_puts_no_user_id_into_logs_errors_or_representations(
    world: World, mila: UserId, stream: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    stream.spoil_tasks(results={mila: {"status": "error", "error": f"user {mila} failed"}})
    stream.choose(task_progress="instant")
    progress = deletion.start(mila)
    task = gateway.task(TaskId(str(asked(progress).task_id)))
    assert mila not in repr((progress, task, deletion.poll(mila, asked(progress))))
    stream.fault(method="GET", path="/users", status=404, code=16)
    with pytest.raises(StreamRefused) as raised:
        deletion.is_gone(mila)
    assert mila not in repr(raised.value)
    assert mila not in caplog.text + world.log.getvalue()


@pytest.mark.parametrize("number", [0, 101])
def test_one_call_is_about_1_to_100_users(world: World, stream: Emulator, number: int) -> None:
    ids = [UserId.new() for _ in range(number)]
    with pytest.raises(ValueError, match="100"):
        gateway.find_users(ids)
    with pytest.raises(ValueError, match="100"):
        gateway.delete_users(ids, KEEP)
    assert stream.requests(path="/users") == []


def test_query_returns_all_of_a_hundred_users(world: World, stream: Emulator) -> None:
    ids = [UserId.new() for _ in range(100)]
    gateway.upsert(ChatProfile(user_id, "Mila", None) for user_id in ids)
    gateway.deactivate(ids[0])
    assert {found.id for found in gateway.find_users(ids)} == set(ids)


def test_stored_value_is_made_of_a_task_id_an_instant_a_count_and_the_extent(mila: UserId) -> None:
    task = a_task(mila)
    assert (task.attempts, task.extent, task.at) == (1, KEEP, clock.now())
    assert mila not in repr(task)
