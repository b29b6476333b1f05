"""Tests the queue of accounts that Stream did not answer for, and its worker."""

import json
from typing import Any

import pytest

from chalicelib.accounts import service as accounts
from chalicelib.core import aws, queues
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import AccountId
from chalicelib.stream import gateway
from chalicelib.stream.users import resync, sync
from infra.stream_emulator import Emulator
from tests.support.clouds import cloud
from tests.support.clouds.cloud import take_messages
from tests.support.jobs import profile_sync
from tests.support.world.world import World


def down(stream: Emulator, times: int = 1) -> None:
    stream.fault(method="POST", path="/users", times=times, status=503, code=-1)


def queued() -> list[str]:
    return [json.loads(body)["account_id"] for body in take_messages("resync")]


def test_account_without_an_answer_goes_to_the_queue_and_not_back_to_the_stream(
    world: World, stream: Emulator
) -> None:
    mila = world.a_user()
    down(stream)
    assert profile_sync.sync(mila) == []
    assert queued() == [mila.account_id]


def test_account_whose_profile_and_blocks_fail_is_queued_once(world: World, stream: Emulator) -> None:
    mila, vuk = world.a_user(), world.a_user()
    mila.blocks(vuk)
    take_messages("resync")
    stream.fault(path="/users", times=4, status=503, code=-1)
    assert profile_sync.sync(mila, sk="account") == []
    assert queued() == [mila.account_id]


@pytest.mark.promise("STR-3")
def test_record_stays_in_the_stream_if_the_queue_does_not_answer(
    world: World, stream: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    mila, ask = world.a_user(), aws.ask

    def silent(service: str, *args: Any, **named: Any) -> Any:
        if service == "sqs":
            raise Unavailable
        return ask(service, *args, **named)

    monkeypatch.setattr(aws, "ask", silent)
    down(stream)
    assert profile_sync.sync(mila) == ["1"]


def test_record_stays_in_the_stream_if_the_queue_accepts_only_some(
    world: World, stream: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queues, "send_all", lambda *_: 1)
    users = [world.a_user() for _ in range(2)]
    down(stream)
    assert profile_sync.sync(*users) == ["1", "2"]


def test_more_accounts_than_a_batch_of_messages_holds_are_queued(world: World, stream: Emulator) -> None:
    users = [world.a_user() for _ in range(12)]
    down(stream)
    assert profile_sync.sync(*users) == []
    assert sorted(queued()) == sorted(user.account_id for user in users)


def test_worker_sends_the_current_state_and_not_that_of_the_message(world: World, stream: Emulator) -> None:
    mila = world.a_user(display_name="Old")
    down(stream)
    profile_sync.sync(mila)
    mila.changes(display_name="New")
    assert profile_sync.resync() == 0
    assert stream.user(mila.user_id)["name"] == "New"


@pytest.mark.promise("STR-3")
def test_account_frozen_while_its_message_waits_is_deactivated_at_stream(
    world: World, stream: Emulator
) -> None:
    mila = world.a_user()
    profile_sync.sync(mila)
    mila.changes(display_name="New")
    down(stream)
    profile_sync.sync(mila)
    world.set_state(mila, "frozen")
    assert profile_sync.resync() == 0
    assert stream.user(mila.user_id)["state"] == "deactivated"


def test_change_during_the_call_of_the_worker_is_sent_too(
    world: World, stream: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    mila = world.a_user(display_name="Old")
    down(stream)
    profile_sync.sync(mila)
    upsert = gateway.upsert
    changed: list[Any] = []

    def change_after_the_read(profiles: Any) -> None:
        if not changed:
            changed.append(mila.changes(display_name="New"))
            assert profile_sync.sync(mila) == []  # the reader of the stream is faster
        upsert(profiles)

    monkeypatch.setattr(gateway, "upsert", change_after_the_read)
    assert profile_sync.resync() == 0
    assert stream.user(mila.user_id)["name"] == "New"


def test_account_that_changes_at_every_pass_is_delivered_again(
    world: World, stream: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    mila = world.a_user(display_name="0")
    down(stream)
    profile_sync.sync(mila)
    send = sync.sync
    passes: list[Any] = []

    def changing(account_ids: list[AccountId]) -> list[AccountId]:
        passes.append(mila.changes(display_name=str(len(passes) + 1)))
        return send(account_ids)

    monkeypatch.setattr(sync, "sync", changing)
    assert profile_sync.resync() == 1
    assert len(passes) == resync._PASSES


def test_only_messages_of_accounts_that_fail_are_delivered_again(world: World, stream: Emulator) -> None:
    mila, vuk = world.a_user(), world.a_user()
    down(stream)
    profile_sync.sync(mila, vuk)
    refused = {"status": 400, "code": 4}
    stream.fault(method="POST", path="/users", times=1, **refused)  # the batch
    down(stream)  # the first of the single calls
    assert profile_sync.resync() == 1
    assert queued() == [mila.account_id]
    assert stream.user(vuk.user_id)["state"] == "active"


@pytest.mark.parametrize("body", ["nonsense", "{}", '{"account_id":"x"}', '{"account_id":7}', "[]"])
def test_malformed_message_causes_no_call(world: World, stream: Emulator, body: str) -> None:
    assert profile_sync.resync(body) == 0
    assert stream.requests() == []
    assert cloud.take_messages("dead") == [body]


def test_message_of_an_erased_account_is_done(world: World, stream: Emulator) -> None:
    assert accounts.glances([gone := AccountId.new()]) == {gone: None}
    assert profile_sync.resync(queues.body_of(account_id=gone)) == 0


@pytest.mark.promise("SEC-1")
def test_message_has_the_id_of_the_account_and_nothing_else(world: World, stream: Emulator) -> None:
    mila = world.a_user(display_name=world.canaries("name"))
    down(stream)
    profile_sync.sync(mila)
    (body,) = take_messages("resync")
    assert json.loads(body) == {"account_id": mila.account_id}
