"""Tests profiles at Stream: three fields and the status, the newest state, active accounts only."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from chalicelib.core.ids import AccountId, UserId
from chalicelib.stream import gateway
from chalicelib.stream.model import ChatProfile
from chalicelib.stream.users import sync as profiles_at_stream
from infra.stream_emulator import Emulator
from tests.support.clouds import cloud
from tests.support.clouds.cloud import counted
from tests.support.faults.races import just_before
from tests.support.jobs.profile_sync import deliver, records, resync, sync
from tests.support.world.builders import a_phone
from tests.support.world.world import World

REVOKED = "2026-11-24T11:59:56.000000Z"  # four seconds before a logout at noon


@pytest.mark.promise("STR-1")
def test_stream_gets_only_id_and_name(world: World, stream: Emulator) -> None:
    mila = world.a_user(display_name="Mila")
    mila.changes(name="Milica Petrović", job_title="Engineer", country="RS")
    assert sync(mila) == []
    (sent,) = stream.requests(path="/users")
    assert sent["body"] == {"users": {mila.user_id: {"id": mila.user_id, "name": "Mila"}}}
    assert stream.violations() == []


@pytest.mark.promise("STR-2")
def test_requests_to_stream_contain_no_personal_data_but_the_display_name(
    world: World, stream: Emulator
) -> None:
    mila = world.a_user(phone=world.canaries.add("phone", a_phone()))
    mila.changes(display_name=world.canaries("shown"), name=world.canaries("name"))
    mila.has_email(f"{world.canaries('mailbox')}@example.com")
    sync(mila)
    assert world.canaries.in_text(str(stream.requests())) == ["shown"]


def test_changed_name_replaces_the_old_one(world: World, stream: Emulator) -> None:
    mila = world.a_user(display_name="Mila")
    sync(mila)
    mila.changes(display_name="Mila P.")
    sync(mila)
    assert stream.user(mila.user_id)["name"] == "Mila P."


def test_late_or_repeated_record_sends_the_newest_state(world: World, stream: Emulator) -> None:
    mila = world.a_user(display_name="Old")
    mila.changes(display_name="New")
    assert sync(mila, mila, mila) == []
    assert stream.user(mila.user_id)["name"] == "New"
    assert len(stream.requests(path="/users")) == 1


def test_hundred_records_are_read_and_sent_in_few_calls(world: World, stream: Emulator) -> None:
    users = [world.a_user() for _ in range(4)]
    sync(users[0])  # a container that has read its secrets
    before = len(stream.requests(path="/users"))
    with counted() as calls:
        deliver(*records(*(users * 25)))
    assert calls == {"dynamodb.BatchGetItem": 1, "dynamodb.TransactWriteItems": 1}
    assert len(stream.requests(path="/users")) == before + 1


@pytest.mark.parametrize("sk", ["session#s_1", "acceptance#terms-2024-05-08"])
def test_changes_of_other_items_are_ignored(world: World, stream: Emulator, sk: str) -> None:
    sync(world.a_user(), sk=sk)
    assert stream.requests() == []


@pytest.mark.promise("STR-3")
@pytest.mark.parametrize("state", ["frozen", "restricted", "erasing"])
def test_account_that_is_not_active_is_not_sent(world: World, stream: Emulator, state: str) -> None:
    mila = world.a_user()
    world.set_state(mila, state)
    assert sync(mila) == []
    # Stream has no such user.
    assert [request["operation"] for request in stream.requests()] == ["DeactivateUser"]


@pytest.mark.promise("STR-3")
def test_account_frozen_while_it_is_sent_is_deactivated_at_stream(
    world: World, stream: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    mila = world.a_user()
    upsert = gateway.upsert

    def freeze_meanwhile(profiles: Any) -> None:
        world.set_state(mila, "frozen")
        upsert(profiles)

    monkeypatch.setattr(gateway, "upsert", freeze_meanwhile)
    assert sync(mila) == ["1"]
    assert sync(mila, sk="account") == []
    assert stream.user(mila.user_id)["state"] == "deactivated"


@pytest.mark.promise("STR-3")
@pytest.mark.parametrize("before", [[], [{"status": 400, "code": 4}]], ids=["in a batch", "one by one"])
@pytest.mark.parametrize(
    ("fault", "state"),
    [({"commit": True}, "deactivated"), ({}, None)],
    ids=["taken, answer lost", "not taken"],
)
def test_account_frozen_while_stream_is_silent_is_deactivated_at_stream(
    world: World,
    stream: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    before: list[dict[str, Any]],
    fault: dict[str, Any],
    state: str | None,
) -> None:
    mila = world.a_user()
    for answer in [*before, {"status": 500, "code": -1, **fault}]:
        stream.fault(method="POST", path="^/users$", **answer)
    upsert = gateway.upsert

    def freeze_meanwhile(profiles: Any) -> None:
        world.set_state(mila, "frozen")
        upsert(profiles)

    monkeypatch.setattr(gateway, "upsert", freeze_meanwhile)
    assert sync(mila) == ["1"]
    assert sync(mila, sk="account") == []
    assert stream.state()["users"].get(mila.user_id, {}).get("state") == state


@pytest.mark.promise("STR-5")
def test_account_erased_while_stream_stores_it_without_an_answer_is_deactivated(
    world: World, stream: Emulator
) -> None:
    mila = world.a_user()
    stream.fault(method="POST", path="^/users$", status=500, code=-1, commit=True)
    just_before(gateway, "upsert", lambda: cloud.delete_account(mila.account_id))
    assert sync(mila) == []
    assert stream.user(mila.user_id)["state"] == "deactivated"


@pytest.mark.promise("STR-5")
def test_account_erased_while_a_repair_sends_it_without_an_answer_is_deactivated(
    world: World, stream: Emulator
) -> None:
    mila = world.a_user()
    stream.fault(method="POST", path="^/users$", status=500, code=-1, commit=True)
    just_before(gateway, "upsert", lambda: cloud.delete_account(mila.account_id))
    assert profiles_at_stream.sync([AccountId(mila.account_id)]) == []
    assert stream.user(mila.user_id)["state"] == "deactivated"


@pytest.mark.promise("STR-3")
def test_account_already_deactivated_at_stream_is_not_delivered_again(
    world: World, stream: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    mila = world.a_user()
    upsert = gateway.upsert

    def freeze_meanwhile(profiles: Any) -> None:
        upsert(profiles)
        world.set_state(mila, "frozen")
        gateway.deactivate(UserId(mila.user_id))

    monkeypatch.setattr(gateway, "upsert", freeze_meanwhile)
    assert sync(mila) == ["1"]
    assert sync(mila, sk="account") == []  # Stream refuses a second deactivation
    assert stream.user(mila.user_id)["state"] == "deactivated"


@pytest.mark.promise("STR-5")
def test_user_deleted_at_stream_is_not_created_again(world: World, stream: Emulator) -> None:
    mila, vuk = world.a_user(), world.a_user()
    sync(mila)
    gateway._client().delete_users([mila.user_id], "hard", messages="hard", conversations="hard")
    assert sync(mila, vuk) == []
    assert stream.user(mila.user_id)["state"] != "active"
    assert stream.user(vuk.user_id)["state"] == "active"


def test_refused_user_of_a_batch_does_not_block_the_others(world: World, stream: Emulator) -> None:
    users = [world.a_user() for _ in range(3)]
    refused = {"status": 400, "code": 4}
    stream.fault(method="POST", path="/users", times=1, **refused)  # the batch
    stream.fault(method="POST", path="/users", times=1, **refused)  # the first of the single calls
    assert sync(*users) == []
    assert users[0].user_id not in stream.state()["users"]
    assert stream.user(users[1].user_id)["state"] == stream.user(users[2].user_id)["state"] == "active"


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 429, "code": 9},
        {"status": 500, "code": -1},
        {"status": 503, "body": "<html>upstream</html>"},
        {"status": 400, "body": '"oops"'},
        {"drop_connection": True},
        {"status": 500, "code": -1, "commit": True},
    ],
    ids=["limited", "broken", "no JSON", "a bare string", "connection lost", "done, answer lost"],
)
def test_unanswered_change_stays_due_and_arrives(
    world: World, stream: Emulator, fault: dict[str, Any]
) -> None:
    mila = world.a_user(display_name="Mila")
    stream.fault(method="POST", path="/users", times=2, **fault)
    assert sync(mila) == ["1"]
    assert resync() == 1
    stream.clear_faults()
    assert resync() == 0
    assert stream.user(mila.user_id)["name"] == "Mila"


@pytest.mark.promise("STR-1")
def test_only_type_for_stream_has_three_fields_and_the_status() -> None:
    assert set(ChatProfile.__dataclass_fields__) == {"id", "name", "image", "invisible"}


@pytest.mark.promise("SEC-1")
def test_failure_at_stream_puts_no_personal_data_into_the_log(world: World, stream: Emulator) -> None:
    mila = world.a_user(display_name=world.canaries("name"))
    stream.fault(method="POST", path="/users", times=2, status=500, code=-1)
    sync(mila)
    assert world.canaries.in_text(world.log.getvalue()) == []
    assert mila.user_id not in world.log.getvalue()


@pytest.mark.promise("STR-3")
def test_ending_a_device_revokes_earlier_tokens_at_stream(world: World, stream: Emulator) -> None:
    phone = world.a_user()
    tablet = world.a_user(phone=phone.phone)
    sync(phone)
    old = phone.mints_a_chat_token().json["token"]
    assert tablet.logs_out().status == 204
    assert sync(phone, sk="account") == []
    assert stream.user(phone.user_id)["revoke_tokens_issued_before"] == REVOKED
    claims = jwt.decode(old, options={"verify_signature": False, "verify_exp": False})
    assert claims["iat"] < datetime(2026, 11, 24, 11, 59, 56, tzinfo=UTC).timestamp()
    world.advance(timedelta(seconds=1))
    fresh = jwt.decode(phone.mints_a_chat_token().json["token"], options={"verify_signature": False})
    assert fresh["iat"] >= datetime(2026, 11, 24, 11, 59, 56, tzinfo=UTC).timestamp()


@pytest.mark.promise("STR-3")
def test_later_profile_change_does_not_undo_a_revocation(world: World, stream: Emulator) -> None:
    phone = world.a_user()
    world.a_user(phone=phone.phone).logs_out()
    sync(phone, sk="account")
    phone.changes(display_name="Mila P.")
    sync(phone)
    assert stream.user(phone.user_id)["revoke_tokens_issued_before"] == REVOKED


@pytest.mark.promise("STR-3")
def test_revocation_waits_for_the_end_of_an_outage_of_stream(world: World, stream: Emulator) -> None:
    phone = world.a_user()
    world.a_user(phone=phone.phone).logs_out()
    stream.fault(method="PATCH", path="/users", times=2, status=503, code=-1)
    assert sync(phone, sk="account") == ["1"]
    assert resync() == 1
    assert resync() == 0
    assert stream.user(phone.user_id)["revoke_tokens_issued_before"] == REVOKED


@pytest.mark.promise("STR-3")
@pytest.mark.parametrize(("minutes", "revokes"), [(59, ["PATCH"]), (60, [])])
def test_revocation_is_sent_while_a_chat_token_can_be_older(
    world: World, stream: Emulator, minutes: int, revokes: list[str]
) -> None:
    phone = world.a_user()
    world.a_user(phone=phone.phone).logs_out()
    world.advance(timedelta(minutes=minutes))
    sync(phone)
    assert [request["method"] for request in stream.requests(path="/users")] == ["POST", *revokes]


@pytest.mark.promise("STR-3")
def test_refused_revocation_does_not_delay_others(world: World, stream: Emulator) -> None:
    users = [world.a_user() for _ in range(2)]
    for user in users:
        world.a_user(phone=user.phone).logs_out()
    refused = {"status": 400, "code": 4}
    stream.fault(method="PATCH", path="/users", times=1, **refused)  # the batch
    stream.fault(method="PATCH", path="/users", times=1, **refused)  # the first of the single calls
    assert sync(*users, sk="account") == []
    revoked = [stream.user(user.user_id).get("revoke_tokens_issued_before") for user in users]
    assert revoked == [None, REVOKED]
