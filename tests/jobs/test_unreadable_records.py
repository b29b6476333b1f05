"""Tests unreadable records: they delay no others and leave no frozen user active at Stream."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import metrics, table
from chalicelib.core.observe import EntryFailed
from chalicelib.core.table import Query, Table
from chalicelib.rights.jobs import work_rights
from chalicelib.stream import gateway
from chalicelib.stream.users import sync as syncing
from chalicelib.usage import rollup
from chalicelib.usage import store as usage
from infra.stream_emulator import Emulator
from tests.support.cases.copies import damage
from tests.support.clouds.cloud import failing, new_container
from tests.support.faults import outages
from tests.support.faults.crash import Killed
from tests.support.jobs.profile_sync import resync, sync
from tests.support.world.builders import an_event
from tests.support.world.usage import a_person, ten_people
from tests.support.world.world import User, World


def test_deactivation_without_an_answer_is_repeated_by_the_worker(
    world: World, stream: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    mila, send = world.a_user(), syncing._send

    def freeze_meanwhile(wanted: Any) -> Any:
        world.set_state(mila, "frozen")
        return send(wanted)

    stream.fault(method="POST", path=f"/users/{mila.user_id}/deactivate", status=503)
    with monkeypatch.context() as patch:
        patch.setattr(syncing, "_send", freeze_meanwhile)
        assert sync(mila) == ["1"]
    assert sync(mila, sk="account") == ["1"]
    assert resync() == 0
    assert stream.user(mila.user_id)["state"] == "deactivated"


def test_unreadable_profile_does_not_delay_others(world: World, stream: Emulator) -> None:
    mila, vera = world.a_user(display_name="Mila"), world.a_user(display_name="Vera")
    damage(Table.ACCOUNTS, f"A#{mila.account_id}", "profile", sealed=b"x" * 60)
    assert sync(mila, vera) == []
    assert stream.user(vera.user_id)["name"] == "Vera"


def break_profile(user: User) -> None:
    """Alter a profile so that it cannot be opened."""
    damage(Table.ACCOUNTS, f"A#{user.account_id}", "profile", sealed=b"x" * 60)


@pytest.mark.promise("STR-3")
def test_frozen_user_with_an_unreadable_profile_is_deactivated(world: World, stream: Emulator) -> None:
    mila = world.a_user()
    sync(mila)
    world.set_state(mila, "frozen")
    break_profile(mila)
    assert sync(mila, sk="account") == []
    assert stream.user(mila.user_id)["state"] == "deactivated"


@pytest.mark.promise("STR-3")
def test_logout_revokes_tokens_though_the_profile_is_unreadable(world: World, stream: Emulator) -> None:
    mila = world.a_user()
    sync(mila)
    world.a_user(phone=mila.phone).logs_out()
    break_profile(mila)
    assert sync(mila, sk="account") == []
    assert stream.user(mila.user_id)["revoke_tokens_issued_before"] is not None


@pytest.mark.promise("STR-3")
def test_logout_revokes_tokens_though_stream_refuses_the_profile(world: World, stream: Emulator) -> None:
    mila = world.a_user()
    sync(mila)
    world.a_user(phone=mila.phone).logs_out()
    stream.fault(method="POST", path="^/users$", times=2, status=400, code=4)
    assert sync(mila, sk="account") == []
    assert stream.user(mila.user_id)["revoke_tokens_issued_before"] is not None


@pytest.mark.parametrize("broken", [{"sk": "profile", "sealed": b"x" * 60}, {"sk": "account", "state": "?"}])
def test_user_who_becomes_unreadable_while_being_sent_stays_active(
    world: World, stream: Emulator, monkeypatch: pytest.MonkeyPatch, broken: dict[str, Any]
) -> None:
    mila, upsert = world.a_user(), gateway.upsert

    def break_meanwhile(profiles: Any) -> None:
        damage(Table.ACCOUNTS, f"A#{mila.account_id}", **broken)
        upsert(profiles)

    monkeypatch.setattr(gateway, "upsert", break_meanwhile)
    sync(mila)
    assert resync() == 0
    assert stream.user(mila.user_id)["state"] == "active"


@pytest.mark.promise("STR-3")
def test_user_frozen_before_a_killed_worker_read_again_is_deactivated(
    world: World, stream: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    mila, upsert = world.a_user(), gateway.upsert

    def kill_after(profiles: Any) -> None:
        upsert(profiles)
        world.set_state(mila, "frozen")
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(gateway, "upsert", kill_after)
        with pytest.raises(Killed):
            sync(mila)
    assert sync(mila) == []
    assert stream.user(mila.user_id)["state"] == "deactivated"


def test_profiles_wait_while_kms_does_not_answer(world: World, stream: Emulator) -> None:
    mila = world.a_user()
    new_container()
    with failing("kms", "Decrypt", outages.refusal("KMSInternalException", 500)), pytest.raises(EntryFailed):
        sync(mila)
    assert stream.requests(path="/users") == []


def test_unreadable_account_does_not_delay_the_figures_of_a_day(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(usage, "SHARDS", ("00",))
    ten_people()
    broken = a_person(an_event())
    damage(Table.ACCOUNTS, f"A#{broken}", "account", state="no such state")
    world.advance(timedelta(hours=12 + 48 + 1))
    rollup.roll_up()
    assert "figures" in {item["sk"] for item in table.query(Query(Table.USAGE, "day#2026-11-24"))}
    metrics.flush()
    assert '"RecordUnreadable":[1.0]' in capsys.readouterr().out


def test_message_about_an_unreadable_request_is_dropped(world: World) -> None:
    request_id = str(world.a_user().is_stepped_up().exercises("access").json["rights_request_id"])
    damage(Table.RIGHTS, f"R#{request_id}", "request", sealed=b"x" * 60)
    body = json.dumps({"request_id": request_id, "hops": 0})
    record = {"messageId": "a-message", "body": body}
    assert work_rights({"Records": [record]}, None) == {"batchItemFailures": []}
