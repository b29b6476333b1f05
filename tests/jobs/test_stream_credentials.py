"""Tests refused credentials of Stream: changes wait, an alarm fires, a rotated secret works."""

import json
from collections import Counter
from datetime import timedelta

import pytest

from chalicelib.core import aws, clock
from chalicelib.core.ids import UserId
from chalicelib.core.metrics import Metric
from chalicelib.stream import gateway
from chalicelib.stream.export import service as export_tasks
from chalicelib.stream.export.service import EXPORT_TIMEOUT, Pending, StreamExportTask
from chalicelib.stream.model import ChatProfile, CredentialsRefused, TaskId
from infra.stream_emulator import Emulator
from tests.support.clouds.cloud import counted, new_container
from tests.support.clouds.environment import secret_documents
from tests.support.jobs.profile_sync import sync_again
from tests.support.world.world import World

WRONG = "w" * 64
REFUSED = {"status": 401, "code": 43}
NOT_ALLOWED = {"status": 403, "code": 17}


def store_secret(secret: str | None = None) -> None:
    """Put a secret of Stream into the vault, by default the emulator's own."""
    document = {**secret_documents()["stream"], **({"secret": secret} if secret else {})}
    aws.client("secretsmanager").put_secret_value(
        SecretId="ru4m/test/stream", SecretString=json.dumps(document)
    )


def use_a_wrong_secret() -> None:
    """Let this container read a wrong secret, like one that started before a rotation."""
    store_secret(WRONG)
    new_container()
    gateway.forget()
    gateway._client()


@pytest.mark.parametrize("code", [2, 5, 40, 41, 42, 43])
def test_change_waits_in_the_queue_when_stream_refuses_credentials(
    world: World, stream: Emulator, counts: Counter[Metric], code: int
) -> None:
    mila = world.a_user(display_name="Mila")
    stream.fault(method="POST", path="/users", status=401, code=code)
    assert sync_again(mila) == ["1"]
    assert counts[Metric.STREAM_CREDENTIALS_REFUSED] == 1
    assert counts[Metric.CHAT_PROFILE_REFUSED] == 0
    assert sync_again(mila) == []
    assert stream.user(mila.user_id)["name"] == "Mila"


def test_rotated_secret_is_read_from_the_vault_at_the_next_call(world: World, stream: Emulator) -> None:
    mila = world.a_user(display_name="Mila")
    use_a_wrong_secret()
    store_secret()
    assert sync_again(mila) == ["1"]
    assert sync_again(mila) == []
    assert stream.user(mila.user_id)["name"] == "Mila"


def test_vault_is_read_once_a_minute_while_credentials_are_refused(world: World, stream: Emulator) -> None:
    mila = world.a_user()
    use_a_wrong_secret()
    with counted() as calls:
        for _ in range(5):
            assert sync_again(mila) == ["1"]
    assert calls["secretsmanager.GetSecretValue"] == 1
    store_secret()
    assert sync_again(mila) == ["1"]
    world.advance(timedelta(minutes=1))
    assert sync_again(mila) == ["1"]
    assert sync_again(mila) == []
    assert stream.user(mila.user_id)["state"] == "active"


def test_refusal_is_taken_as_about_one_user_if_get_app_succeeds(
    world: World, stream: Emulator, counts: Counter[Metric]
) -> None:
    users = [world.a_user() for _ in range(3)]
    # Stream refuses the batch, then the first single call.
    stream.fault(method="POST", path="/users", times=2, **NOT_ALLOWED)
    assert sync_again(*users) == []
    assert counts[Metric.CHAT_PROFILE_REFUSED] == 1
    assert counts[Metric.STREAM_CREDENTIALS_REFUSED] == 0
    assert stream.user(users[1].user_id)["state"] == stream.user(users[2].user_id)["state"] == "active"
    assert len(stream.requests(path="/app")) == 2  # once for each refused call


@pytest.mark.parametrize("later", [timedelta(0), timedelta(seconds=20)])
def test_no_change_is_lost_if_the_app_is_suspended_after_a_403_about_one_user(
    world: World, stream: Emulator, counts: Counter[Metric], later: timedelta
) -> None:
    mila, vera = world.a_user(), world.a_user()
    stream.fault(method="POST", path="/users", times=2, **NOT_ALLOWED)
    assert sync_again(mila) == []  # about this user: GET /app is answered
    world.advance(later)
    stream.fault(method="POST", path="/users", times=100, **NOT_ALLOWED)
    stream.fault(method="GET", path="/app", times=100, **NOT_ALLOWED)
    assert sync_again(vera) == ["1"]
    assert counts[Metric.STREAM_CREDENTIALS_REFUSED] > 0
    stream.clear_faults()
    world.advance(timedelta(minutes=1))
    assert sync_again(vera) == []
    assert stream.user(vera.user_id)["state"] == "active"


def test_get_app_is_called_at_most_a_hundred_times_a_minute(
    world: World, stream: Emulator, counts: Counter[Metric]
) -> None:
    mila = world.a_user()
    stream.fault(method="POST", path="/users", times=1_000, **NOT_ALLOWED)
    assert [sync_again(mila) for _ in range(51)] == [[]] * 50 + [["1"]]  # two refused calls each
    assert len(stream.requests(path="/app")) == 100
    assert counts[Metric.STREAM_CREDENTIALS_REFUSED] == 0
    world.advance(timedelta(minutes=1))
    assert sync_again(mila) == []


@pytest.mark.parametrize("answer", [NOT_ALLOWED, REFUSED, {"status": 403, "code": 99}])
def test_refusal_is_taken_as_about_credentials_if_get_app_is_refused_too(
    world: World, stream: Emulator, counts: Counter[Metric], answer: dict[str, int]
) -> None:
    mila = world.a_user()
    stream.fault(method="POST", path="/users", **NOT_ALLOWED)
    stream.fault(method="GET", path="/app", **answer)
    assert sync_again(mila) == ["1"]
    assert counts[Metric.STREAM_CREDENTIALS_REFUSED] == 1
    assert sync_again(mila) == []
    assert stream.user(mila.user_id)["state"] == "active"


def test_refused_change_waits_without_an_alarm_if_get_app_is_not_answered(
    world: World, stream: Emulator, counts: Counter[Metric]
) -> None:
    mila = world.a_user()
    stream.fault(method="POST", path="/users", **NOT_ALLOWED)
    stream.fault(method="GET", path="/app", status=500, code=-1)
    assert sync_again(mila) == ["1"]
    assert counts[Metric.STREAM_CREDENTIALS_REFUSED] == counts[Metric.CHAT_PROFILE_REFUSED] == 0


def test_get_app_is_called_at_most_twice_a_minute_while_it_is_refused(world: World, stream: Emulator) -> None:
    mila = world.a_user()
    stream.fault(path="/users", times=100, **NOT_ALLOWED)
    stream.fault(path="/app", times=100, **NOT_ALLOWED)
    for _ in range(5):
        assert sync_again(mila) == ["1"]
    assert len(stream.requests(path="/app")) == 2  # once for the old secret, once for the one read again
    world.advance(timedelta(minutes=1))
    assert sync_again(mila) == ["1"]
    assert len(stream.requests(path="/app")) == 3


@pytest.mark.promise("STR-3")
def test_revocation_waits_while_credentials_are_refused(world: World, stream: Emulator) -> None:
    phone = world.a_user()
    world.a_user(phone=phone.phone).logs_out()
    stream.fault(method="PATCH", path="/users", **REFUSED)
    assert sync_again(phone, sk="account") == ["1"]
    assert sync_again(phone, sk="account") == []
    assert stream.user(phone.user_id)["revoke_tokens_issued_before"] is not None


@pytest.mark.promise("RGT-1")
def test_export_is_not_abandoned_over_refused_credentials(world: World, stream: Emulator) -> None:
    asked = StreamExportTask(TaskId("1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"), clock.now())
    world.advance(EXPORT_TIMEOUT)
    stream.fault(path="/tasks", **REFUSED)
    with pytest.raises(CredentialsRefused):
        export_tasks.poll(asked)


def test_export_waits_for_credentials_before_it_is_ordered(world: World, stream: Emulator) -> None:
    stream.fault(path="/export", **REFUSED)
    gateway.upsert([ChatProfile(user_id := UserId.new(), "Mila", None)])
    with pytest.raises(CredentialsRefused):
        export_tasks.start(user_id)
    started = export_tasks.start(user_id)
    assert isinstance(started, StreamExportTask)
    assert isinstance(export_tasks.poll(started), Pending)


@pytest.mark.promise("SEC-1")
def test_refused_credentials_put_no_personal_data_into_the_log(world: World, stream: Emulator) -> None:
    mila = world.a_user(display_name=world.canaries("name"))
    use_a_wrong_secret()
    sync_again(mila)
    assert world.canaries.in_text(world.log.getvalue()) == []
    assert mila.user_id not in world.log.getvalue()
    assert WRONG not in world.log.getvalue()
