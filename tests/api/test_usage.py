"""Tests usage events: which are kept, which are dropped and why, and which are refused."""

import json
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError

from chalicelib.accounts.model import Platform
from chalicelib.consents.service import PURPOSES
from chalicelib.core import aws, clock, needs
from chalicelib.core.contract_words import ErrorCode
from chalicelib.core.ids import AccountId
from chalicelib.privacy import codec
from chalicelib.privacy.purposes import Purpose
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.usage import service, store
from chalicelib.usage.model import (
    Diagnostics,
    DiagnosticsEvent,
    DiagnosticsFault,
    SubmittedEvent,
    UsageBatch,
    UsageDevice,
    UsageEvent,
)
from tests.support.clouds import cloud
from tests.support.world.builders import a_fault, an_event
from tests.support.world.usage import decide, stored_events, stored_items
from tests.support.world.world import NOON, User, World

ANALYTICS, DIAGNOSTICS = Purpose.ANALYTICS, Purpose.DIAGNOSTICS


@pytest.fixture
def mila(world: World) -> User:
    """Return a user who consented to the counting of her use."""
    mila = world.a_user()
    decide(mila.account_id, consents=(ANALYTICS,))
    return mila


def at(**ago: int) -> str:
    return clock.to_text(NOON - timedelta(**ago))


@pytest.mark.promise("USE-1")
def test_only_listed_fields_of_an_event_are_kept(mila: User) -> None:
    event = an_event(screen="meeting/lobby", duration_ms=1500)
    answer = mila.submits_usage(event, model="Pixel 8", os_version="15", app_version="2.4.0")
    assert (answer.status, answer.json) == (202, {"accepted": 1, "dropped": {}})
    (stored,) = stored_events()
    assert (
        stored.items()
        >= {
            "pk": f"A#{mila.account_id}",
            "at": "2026-11-24T12:00:00Z",
            "name": "meeting.joined",
            "screen": "meeting/lobby",
            "duration_ms": 1500,
            "platform": "ios",
        }.items()
    )
    own = {"pk", "sk", "kind", "account_id", "event_id", "at", "expires_at", "delete_at"}
    assert stored.keys() == own | {"name", "screen", "duration_ms", "platform"}
    (item,) = stored_items()
    place = {"pk", "sk", "kind", "hour", "expires_at", "delete_at"}
    assert item.keys() == place | {"account_id", "platform", "at", "rows"}


@pytest.mark.promise("USE-1")
def test_events_of_both_purposes_are_stored_as_their_classes_declare(mila: User) -> None:
    sent = [a_fault(), an_event(screen="home"), a_fault(), an_event()]
    assert mila.submits_usage(*sent).json["accepted"] == 4
    kinds = {kind.declaration.kind: kind for kind in (UsageEvent, DiagnosticsEvent)}
    opened = [codec.opened(kinds[row["kind"]], row) for row in stored_events()]
    assert {str(event.model_dump()["event_id"]): type(event) for event in opened} == {
        event["event_id"]: DiagnosticsEvent if "diagnostics" in event else UsageEvent for event in sent
    }


@pytest.mark.promise("USE-1")
@pytest.mark.parametrize("diagnostics", [None, Diagnostics(kind=DiagnosticsFault.CRASH)])
def test_nothing_is_stored_if_the_record_class_refuses_one_event(
    mila: User, diagnostics: Diagnostics | None
) -> None:
    names: tuple[Any, ...] = ("meeting.joined", 7)  # a body with this number would be refused
    named = [
        SubmittedEvent.model_construct(
            event_id=uuid4(), name=name, occurred_at=clock.now(), diagnostics=diagnostics
        )
        for name in names
    ]
    batch = UsageBatch.model_construct(
        events=tuple(named), device=UsageDevice(device_id=uuid4(), platform=Platform.IOS)
    )
    account_id = AccountId(mila.account_id)
    (found,) = needs.read_accounts([account_id], (PURPOSES, DATA_KEY))
    with pytest.raises(ValidationError):
        service.accept_batch(account_id, found[PURPOSES], {Purpose.ANALYTICS}, batch)
    assert stored_items() == []


@pytest.mark.promise("USE-1")
def test_fault_is_stored_with_its_kind_of_device(mila: User) -> None:
    diagnostics = {"kind": "crash", "error": "SIGSEGV", "code": -1009, "memory_mb": 512, "free_memory_mb": 40}
    device = {"model": "moto g(30)", "os_version": "15", "app_version": "2.4.0-beta+117"}
    assert mila.submits_usage(a_fault(diagnostics=diagnostics), **device).json["accepted"] == 1
    (stored,) = stored_events()
    assert stored.items() >= device.items()
    assert stored["diagnostics"]["code"] == -1009


@pytest.mark.promise("USE-1")
@pytest.mark.parametrize("field", ["model", "os_version", "app_version"])
@pytest.mark.parametrize("text", ["Milica Petrovic", "060 123 4567", "381601234567"])
def test_fault_is_kept_without_a_device_field_that_may_name_a_person(
    mila: User, field: str, text: str
) -> None:
    device = {"model": "moto g(30)", "os_version": "15", "app_version": "2.4.0"}
    assert mila.submits_usage(a_fault(), **device | {field: text}).json == {"accepted": 1, "dropped": {}}
    (stored,) = stored_events()
    kept = {name: stored[name] for name in device if name in stored}
    assert kept == {name: value for name, value in device.items() if name != field}


@pytest.mark.promise("USE-1")
def test_address_and_device_id_are_neither_kept_nor_logged(world: World, mila: User) -> None:
    device_id = "5bd33f0a-6a86-4f0a-9d43-1f0c6b8f2c11"
    batch = {"events": [an_event(), a_fault()], "device": {"device_id": device_id, "platform": "android"}}
    for address in ("198.51.100.77", "2001:db8:1234:5678::9"):
        assert mila.calls("POST", "/v1/usage", body=batch, address=address).status == 202
    seen = str(cloud.all_items()) + world.log.getvalue()
    assert [part for part in (device_id, "198.51.100", "2001:db8:1234") if part in seen] == []


@pytest.mark.promise("USE-1", "RGT-7")
def test_use_events_without_consent_are_dropped_and_faults_are_kept(world: World) -> None:
    vuk = world.a_user()
    answer = vuk.submits_usage(an_event(), an_event(), a_fault())
    assert (answer.status, answer.json) == (202, {"accepted": 1, "dropped": {"no_consent": 2}})
    assert [event["kind"] for event in stored_events()] == ["diagnostics_event"]


@pytest.mark.promise("RGT-7")
def test_withdrawal_takes_effect_with_the_next_request(mila: User) -> None:
    assert mila.submits_usage(an_event()).json["accepted"] == 1
    decide(mila.account_id)
    assert mila.submits_usage(an_event()).json == {"accepted": 0, "dropped": {"no_consent": 1}}
    assert len(stored_events()) == 1


@pytest.mark.promise("RGT-5")
def test_after_an_objection_faults_are_dropped_and_use_events_are_kept(mila: User) -> None:
    decide(mila.account_id, consents=(ANALYTICS,), objections={DIAGNOSTICS: NOON})
    assert mila.submits_usage(an_event(), a_fault()).json == {"accepted": 1, "dropped": {"objected": 1}}
    assert [event["kind"] for event in stored_events()] == ["usage_event"]


@pytest.mark.promise("RGT-4")
def test_event_of_a_restricted_purpose_is_dropped(mila: User) -> None:
    decide(mila.account_id, consents=(ANALYTICS,), restrictions={ANALYTICS: NOON})
    assert mila.submits_usage(an_event(), a_fault()).json == {"accepted": 1, "dropped": {"restricted": 1}}


@pytest.mark.parametrize(
    ("time", "dropped"),
    [
        (at(hours=48), {}),
        (at(hours=48, seconds=1), {"too_old": 1}),
        (at(minutes=-5), {}),
        (at(minutes=-5, seconds=-1), {"in_future": 1}),
        ("0001-01-01T14:00:00+01:00", {"too_old": 1}),
        ("9999-12-31T10:00:00-13:00", {"in_future": 1}),
    ],
)
def test_times_up_to_two_days_old_or_five_minutes_ahead_are_accepted(
    mila: User, time: str, dropped: dict[str, int]
) -> None:
    answer = mila.submits_usage(an_event(occurred_at=time))
    assert answer.json == {"accepted": int(not dropped), "dropped": dropped}
    assert len(stored_events()) == int(not dropped)


@pytest.mark.parametrize(
    "time", ["2026-11-24T13:00:00.987654321+01:00", "2026-11-24t12:00:00z", "2026-11-24T12:00:00.5Z"]
)
def test_time_is_one_instant_however_it_is_written(mila: User, time: str) -> None:
    mila.submits_usage(an_event(occurred_at=time))
    assert [event["at"] for event in stored_events()] == ["2026-11-24T12:00:00Z"]


def test_id_repeated_in_a_request_is_kept_once(mila: User) -> None:
    twice = an_event()
    assert mila.submits_usage(twice, twice | {"occurred_at": at(hours=1)}, an_event()).json == {
        "accepted": 2,
        "dropped": {"duplicate": 1},
    }
    assert len(stored_events()) == 2


def test_event_that_is_sent_again_is_stored_once(mila: User) -> None:
    event = an_event()
    for _ in range(2):
        assert mila.submits_usage(event).json == {"accepted": 1, "dropped": {}}
    assert len(stored_events()) == 1


def test_equal_ids_of_two_accounts_are_two_events(world: World, mila: User) -> None:
    vuk, event = world.a_user(), a_fault()
    for user in (mila, vuk):
        assert user.submits_usage(event).json["accepted"] == 1
    assert len(stored_events()) == 2


def test_dropped_event_is_counted_under_the_first_reason_that_applies(mila: User) -> None:
    same, old = an_event(), at(days=9)
    answer = mila.submits_usage(
        same, same, an_event(occurred_at=old), same | {"occurred_at": old}, an_event(occurred_at=at(days=-9))
    )
    assert answer.json == {"accepted": 1, "dropped": {"too_old": 2, "in_future": 1, "duplicate": 1}}


@pytest.mark.promise("RET-2")
def test_usage_is_deleted_after_thirty_days(world: World, mila: User) -> None:
    mila.submits_usage(an_event(occurred_at=at(hours=1)), a_fault(occurred_at=at(hours=1)))
    for item in stored_items():
        assert item["expires_at"] == item["delete_at"]
        assert clock.from_epoch(item["expires_at"]) == NOON + timedelta(days=30, hours=-1)


@pytest.mark.promise("RET-2")
def test_item_of_several_events_expires_with_the_oldest(mila: User) -> None:
    mila.submits_usage(
        an_event(occurred_at=at(hours=1)),
        an_event(occurred_at=at(hours=3)),
        an_event(occurred_at=at(minutes=1)),
    )
    (item,) = stored_items()
    assert clock.from_epoch(item["expires_at"]) == NOON + timedelta(days=30, hours=-3)


# --- items in the table (ADR 22)


def test_batch_is_one_item_per_purpose_and_utc_day(mila: User) -> None:
    today = [an_event(occurred_at=at(hours=hours)) for hours in range(12)]
    yesterday = [an_event(occurred_at=at(hours=hours)) for hours in range(13, 36)]
    assert mila.submits_usage(*today, *yesterday, a_fault(), a_fault()).json["accepted"] == 37
    assert sorted((item["kind"], item["sk"].split("#")[0], item["at"]) for item in stored_items()) == [
        ("diagnostics_event", "2026-11-24T12", "2026-11-24T12:00:00Z"),
        ("usage_event", "2026-11-23T01", "2026-11-23T01:00:00Z"),
        ("usage_event", "2026-11-24T01", "2026-11-24T01:00:00Z"),
    ]
    assert len(stored_events()) == 37


def test_repeated_batch_is_stored_once(mila: User) -> None:
    events = [an_event(occurred_at=at(minutes=number)) for number in range(5)]
    mila.submits_usage(*events)
    before = stored_items()
    assert mila.submits_usage(*reversed(events)).json == {"accepted": 5, "dropped": {}}
    assert stored_items() == before


def test_events_are_split_where_they_are_too_large_for_an_item(
    mila: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MAX_ITEM_BYTES", 1_000)
    events = [an_event(occurred_at=at(minutes=number)) for number in range(40)]
    for _ in range(2):
        assert mila.submits_usage(*events).json["accepted"] == 40
    assert len(stored_events()) == 40
    assert max(len(item["rows"]) for item in stored_items()) <= 1_000 + 2
    assert len(stored_items()) == 8  # halved three times: nine events of 110 bytes would fit


def test_two_devices_of_an_account_do_not_share_an_item(mila: User) -> None:
    for version in ("2.4.0", "2.5.0"):
        mila.submits_usage(a_fault(), app_version=version)
    assert {item["app_version"] for item in stored_items()} == {"2.4.0", "2.5.0"}


BAD_EVENTS: dict[str, dict[str, Any]] = {
    "free text": {"name": "called Mila at home"},
    "a number": {"name": "call_381601234567"},
    "a number after a word": {"name": "call381601234567"},
    "an address": {"screen": "mila@example.org"},
    "an id": {"screen": "chat/u_4r8e1a9c2d7f3b6g5h0j8k1m2n"},
    "a query": {"screen": "search?q=mila"},
    "too long": {"name": "a" * 65},
    "an epoch": {"occurred_at": "1764000000"},
    "a number for a time": {"occurred_at": 1764000000},
    "no zone": {"occurred_at": "2026-11-24T12:00:00"},
    "no such day": {"occurred_at": "2026-02-30T12:00:00Z"},
    "out of the calendar": {"occurred_at": "0001-01-01T00:00:00+05:00"},
    "a negative duration": {"duration_ms": -1},
    "a duration in quotes": {"duration_ms": "5"},
    "more than a day": {"duration_ms": 24 * 3600 * 1000 + 1},
    "no uuid": {"event_id": "1"},
    "an unknown kind of fault": {"diagnostics": {"kind": "boredom"}},
    "a fault without a kind": {"diagnostics": {}},
    "a message": {"diagnostics": {"kind": "crash", "error": "at /home/mila/app.py line 3"}},
    "a code beyond 32 bits": {"diagnostics": {"kind": "crash", "code": 381601234567}},
}


@pytest.mark.promise("USE-1")
@pytest.mark.parametrize("changes", BAD_EVENTS.values(), ids=BAD_EVENTS.keys())
def test_invalid_event_is_dropped_alone_and_is_not_quoted(
    world: World, mila: User, changes: dict[str, Any]
) -> None:
    kept, bad = an_event(), an_event(**changes)
    answer = mila.submits_usage(kept, bad)
    assert (answer.status, answer.json["accepted"]) == (202, 1)
    assert answer.json["dropped"] == {"invalid": 1}
    places = {f"/events/1/{name}" for name in changes}
    assert {"/".join(one["pointer"].split("/")[:4]) for one in answer.json["invalid"]} == places
    assert {one["code"] for one in answer.json["invalid"]} <= {*ErrorCode}
    assert "mila" not in (answer.text + world.log.getvalue()).lower()
    assert [event["event_id"] for event in stored_events()] == [kept["event_id"]]


def test_event_of_any_form_is_dropped_alone(mila: User) -> None:
    odd: list[Any] = [7, None, [], {}, "event", {"event_id": 1, **dict.fromkeys("abcdefgh")}]
    answer = mila.submits_usage(an_event(), *odd, an_event())
    assert (answer.json["accepted"], answer.json["dropped"]) == (2, {"invalid": len(odd)})
    by_event = Counter(one["pointer"].split("/")[2] for one in answer.json["invalid"])
    assert by_event == {"1": 1, "2": 1, "3": 1, "4": 3, "5": 1, "6": 3}


def test_answer_about_invalid_events_is_bounded(mila: User) -> None:
    wide = {f"{number:x}" * 64: 0 for number in range(16)}
    answer = mila.submits_usage(*[wide for _ in range(90)])
    assert (answer.status, answer.json["accepted"], answer.json["dropped"]) == (202, 0, {"invalid": 90})
    assert (len(answer.json["invalid"]), len(answer.text) < 64 * 1024) == (3 * 90, True)


@pytest.mark.promise("USE-1")
def test_value_of_a_field_that_is_not_listed_is_neither_stored_nor_quoted(world: World, mila: User) -> None:
    events = [an_event(trace="canary"), a_fault(diagnostics={"kind": "crash", "stack": "canary"})]
    answer = mila.submits_usage(*events)
    assert (answer.status, answer.json["dropped"]) == (202, {"invalid": 2})
    assert [(one["pointer"], one["code"]) for one in answer.json["invalid"]] == [
        ("/events/0/trace", "unexpected"),
        ("/events/1/diagnostics/stack", "unexpected"),
    ]
    assert "canary" not in answer.text + world.log.getvalue() + str(cloud.all_items())


BAD_BATCHES: dict[str, dict[str, Any]] = {
    "no events": {"events": None},
    "events in an object": {"events": {"0": an_event()}},
    "an unlisted field of the device": {"device": {"imei": "490154203237518"}},
    "an unlisted field": {"batch": 1},
    "an unknown platform": {"device": {"platform": "web"}},
}


@pytest.mark.parametrize("changes", BAD_BATCHES.values(), ids=BAD_BATCHES.keys())
def test_batch_that_is_wrong_outside_its_events_is_refused(mila: User, changes: dict[str, Any]) -> None:
    device = {"device_id": str(uuid4()), "platform": "ios", **changes.get("device", {})}
    answer = mila.calls("POST", "/v1/usage", body={"events": [an_event()], **changes, "device": device})
    assert answer.status == 400
    assert stored_events() == []


@pytest.mark.parametrize("events", [[], [an_event() for _ in range(101)]], ids=["none", "101"])
def test_batch_has_one_to_a_hundred_events(mila: User, events: list[dict[str, Any]]) -> None:
    answer = mila.submits_usage(*events)
    assert (answer.status, answer.problem) == (400, "invalid_request")
    assert answer.json["errors"][0]["pointer"] == "/events"
    assert stored_events() == []


def test_hundred_events_are_accepted_at_any_permitted_length(mila: User) -> None:
    diagnostics = {"kind": "out_of_memory", "error": "E" * 32, "code": -(2**31), "memory_mb": 99999,
            "free_memory_mb": 99999}  # fmt: skip
    events = [
        a_fault(name="n" * 64, screen="s" * 64, duration_ms=86_400_000, diagnostics=diagnostics)
        for _ in range(100)
    ]
    assert mila.submits_usage(*events).json == {"accepted": 100, "dropped": {}}


def test_megabyte_is_too_large_and_changes_nothing(mila: User) -> None:
    batch = {"events": [an_event()], "device": {"device_id": "x" * 1024 * 1024, "platform": "ios"}}
    answer = mila.calls(
        "POST", "/v1/usage", raw=json.dumps(batch).encode(), headers={"content-type": "application/json"}
    )
    assert (answer.status, answer.problem) == (413, "payload_too_large")
    assert stored_events() == []


def test_half_stored_batch_is_completed_when_it_is_sent_again(
    mila: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "pause", lambda _: None)
    events = [
        an_event(occurred_at=at(hours=hours)) for hours in range(24)
    ]  # events of two days, so two items
    client = aws.client("dynamodb")
    real = client.batch_write_item

    def take_one(RequestItems: dict[str, list[Any]]) -> dict[str, Any]:  # noqa: N803 - as boto3 has it
        ((name, puts),) = RequestItems.items()
        real(RequestItems={name: puts[:1]})
        return {"UnprocessedItems": {name: puts[1:] or puts}}

    with monkeypatch.context() as patch:
        patch.setattr(client, "batch_write_item", take_one)
        answer = mila.submits_usage(*events)
    assert (answer.status, answer.problem) == (503, "unavailable")
    assert mila.submits_usage(*events).json == {"accepted": 24, "dropped": {}}
    assert len(stored_events()) == 24
