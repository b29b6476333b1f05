"""Tests who may rename a group, that Stream follows, and that no change is lost."""

from typing import Any

import pytest

from chalicelib.core.clock import DAY
from chalicelib.people.conversations import channel_sync
from chalicelib.stream import channels
from infra.stream_emulator import Emulator
from tests.support.clouds import cloud
from tests.support.faults.races import before_the_commit
from tests.support.jobs.profile_sync import marked, resync
from tests.support.patches import failing_at
from tests.support.stream.conversations import at_stream, deliver, ids, operations, shared, some_contacts
from tests.support.world.limits import allow
from tests.support.world.world import User, World

KEY = {"Idempotency-Key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}
NOWHERE = "cv_" + "0" * 26
DOWN = {"status": 503, "code": -1, "times": 10_000}


def group_of(first: User, *others: User, **more: Any) -> str:
    return str(first.opens(*others, name="Trip", **more).json["conversation_id"])


def name_at_stream(stream: Emulator, conversation_id: str) -> str | None:
    name: str | None = stream.state()["channels"][f"messaging:{conversation_id}"].get("name")
    return name


def name_of(user: User, conversation_id: str) -> str | None:
    name: str | None = user.gets(f"/v1/conversations/{conversation_id}").json.get("name")
    return name


def test_every_member_renames_a_group_here_and_at_stream(two: list[User], stream: Emulator) -> None:
    mila, jovan = two
    group = group_of(mila, jovan)
    before = mila.gets(f"/v1/conversations/{group}")
    renamed = jovan.renames(group, "  Journey ")
    assert renamed.status == 200
    assert shared(renamed.json) == shared(before.json) | {"name": "Journey"}
    assert renamed.headers["etag"] == mila.gets(f"/v1/conversations/{group}").headers["etag"]
    assert name_of(mila, group) == name_at_stream(stream, group) == "Journey"
    assert marked() == []


def test_group_without_a_name_gets_one(world: World, stream: Emulator) -> None:
    mila, jovan, vuk = some_contacts(world, 3)
    group = mila.opens(jovan, vuk).json
    assert "name" not in group
    assert vuk.renames(group["conversation_id"], "Trip").status == 200
    assert (
        name_of(mila, group["conversation_id"]) == name_at_stream(stream, group["conversation_id"]) == "Trip"
    )


@pytest.mark.promise("STR-9")
def test_only_members_rename_and_only_groups(world: World, stream: Emulator) -> None:
    mila, jovan, vuk = some_contacts(world, 3)
    group, pair = group_of(mila, jovan), mila.opens(jovan).json["conversation_id"]
    tag = mila.gets(f"/v1/conversations/{group}").headers["etag"]
    replies = [vuk.renames(one, "Ours", etag=tag) for one in (group, pair, NOWHERE, "not-an-id")]
    jovan.leaves(group)
    replies += [jovan.renames(group, "Ours", etag=tag)]
    assert {(one.status, one.problem) for one in replies} == {(404, "not_found")}
    refused = mila.renames(pair, "Ours")
    assert (refused.status, refused.problem) == (422, "not_a_group")
    assert name_of(mila, group) == name_at_stream(stream, group) == "Trip"
    assert name_at_stream(stream, pair) is None


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, "invalid_request"),
        ({"name": None}, "invalid_request"),
        ({"name": "  "}, "invalid_request"),
        ({"name": "x" * 101}, "invalid_request"),
        ({"name": "a\u202eb"}, "invalid_request"),
        ({"name": 1}, "invalid_request"),
        ({"name": "Trip", "members": []}, "unexpected_field"),
    ],
)
def test_invalid_name_is_refused(two: list[User], body: dict[str, Any], problem: str) -> None:
    mila, jovan = two
    path = f"/v1/conversations/{group_of(mila, jovan)}"
    tag = mila.gets(path).headers["etag"]
    reply = mila.calls("PATCH", path, headers={"If-Match": tag}, body=body)
    assert (reply.status, reply.problem) == (400, problem)


@pytest.mark.promise("SEC-1", "STR-1")
def test_new_name_is_readable_in_no_table_and_no_log(world: World, two: list[User], stream: Emulator) -> None:
    mila, jovan = two
    group = group_of(mila, jovan)
    stream.fault(path="/channels", **DOWN)
    assert mila.renames(group, world.canaries("new name of a group")).status == 200
    assert world.canaries.in_tables() == []
    assert world.canaries.in_text(world.log.getvalue()) == []


# --- versions and repeats


def test_renaming_requires_the_version_that_the_client_read(two: list[User], stream: Emulator) -> None:
    mila, jovan = two
    group = group_of(mila, jovan)
    tag = mila.gets(f"/v1/conversations/{group}").headers["etag"]
    assert jovan.renames(group, "Journey").status == 200
    late = mila.renames(group, "Holiday", etag=tag)
    assert (late.status, late.problem) == (412, "changed_meanwhile")
    missing = mila.calls("PATCH", f"/v1/conversations/{group}", body={"name": "Holiday"})
    assert (missing.status, missing.problem) == (428, "precondition_required")
    assert name_of(mila, group) == name_at_stream(stream, group) == "Journey"


def test_repeat_of_a_request_whose_answer_was_lost_is_the_same(two: list[User], stream: Emulator) -> None:
    mila, jovan = two
    group = group_of(mila, jovan)
    tag = mila.gets(f"/v1/conversations/{group}").headers["etag"]
    first, again = (mila.renames(group, "Journey", etag=tag) for _ in range(2))
    assert (first.status, again.status) == (200, 200)
    assert first.json == again.json
    assert first.headers["etag"] == again.headers["etag"]


def test_repeat_of_the_opening_does_not_undo_a_renaming(two: list[User], stream: Emulator) -> None:
    mila, jovan = two
    group = group_of(mila, jovan, headers=KEY)
    jovan.renames(group, "Journey")
    again = mila.opens(jovan, name="Trip", headers=KEY)
    assert (again.status, again.json["name"]) == (200, "Journey")
    assert name_at_stream(stream, group) == "Journey"


@pytest.mark.promise("STR-9")
def test_member_who_is_removed_before_the_commit_renames_nothing(two: list[User], stream: Emulator) -> None:
    mila, jovan = two
    group = group_of(mila, jovan)
    tag = mila.gets(f"/v1/conversations/{group}").headers["etag"]
    before_the_commit(lambda: mila.changes_members(group, remove=[jovan.user_id]))
    assert jovan.renames(group, "Ours", etag=tag).problem == "not_found"
    assert name_of(mila, group) == name_at_stream(stream, group) == "Trip"


def test_account_that_is_frozen_before_the_commit_renames_nothing(
    world: World, two: list[User], stream: Emulator
) -> None:
    mila, jovan = two
    group = group_of(mila, jovan)
    tag = mila.gets(f"/v1/conversations/{group}").headers["etag"]
    before_the_commit(lambda: world.set_state(jovan, "frozen"))
    assert jovan.renames(group, "Ours", etag=tag).problem == "not_found"
    assert name_of(mila, group) == name_at_stream(stream, group) == "Trip"


@pytest.mark.parametrize("leaver", [0, 1], ids=["of whose key the name was", "of whose key it becomes"])
def test_member_who_leaves_during_a_renaming_takes_no_name_along(
    two: list[User], stream: Emulator, leaver: int
) -> None:
    """A renaming between the read and the transaction of a leave decides: the leave is tried again."""
    group = group_of(*two)
    stays, leaves = two[1 - leaver], two[leaver]
    before_the_commit(lambda: leaves.renames(group, "Journey"))
    assert leaves.leaves(group).status == 204
    assert name_of(stays, group) == name_at_stream(stream, group) == "Journey"


def test_daily_limit_refuses_further_names(two: list[User]) -> None:
    mila, jovan = two
    group = group_of(mila, jovan)
    allow(group_names_day=2)
    assert [mila.renames(group, f"Trip {day}").status for day in range(3)] == [200, 200, 429]


# --- Stream


@pytest.mark.promise("STR-9")
def test_new_name_reaches_stream_after_a_day_without_it(
    world: World, two: list[User], stream: Emulator
) -> None:
    mila, jovan = two
    group = group_of(mila, jovan)
    stream.fault(path="/channels", **DOWN)
    assert jovan.renames(group, "Journey").json["name"] == "Journey"
    assert name_of(mila, group) == "Journey"
    jovan.leaves(group)
    assert resync() == 1
    stream.clear_faults()
    world.advance(DAY)
    assert name_at_stream(stream, group) == "Trip"
    assert resync() == 0
    mila.signs_in_again()
    assert name_at_stream(stream, group) == "Journey"
    assert at_stream(stream, {"cid": f"messaging:{group}"}) == ids(mila)


@pytest.mark.promise("STR-9")
def test_late_call_with_an_older_name_is_made_up_for(
    two: list[User], stream: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    mila, jovan = two
    group = group_of(mila, jovan)
    rename = channels.rename

    def after_the_next(cid: str, name: str) -> None:
        monkeypatch.setattr(channels, "rename", rename)
        assert jovan.renames(group, "Journey").status == 200
        rename(cid, name)

    monkeypatch.setattr(channels, "rename", after_the_next)
    assert mila.renames(group, "Holiday").json["name"] == "Journey"
    assert name_of(mila, group) == name_at_stream(stream, group) == "Journey"


def test_process_killed_before_its_call_is_made_up_for(two: list[User], stream: Emulator) -> None:
    mila, jovan = two
    group = group_of(mila, jovan)
    with failing_at(channel_sync, "update_channel", KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        mila.renames(group, "Journey")
    assert name_at_stream(stream, group) == "Trip"
    assert deliver({"conversation_id": group}) == []
    assert name_at_stream(stream, group) == "Journey"


def test_channel_that_the_worker_makes_has_the_name(two: list[User], stream: Emulator) -> None:
    mila, jovan = two
    stream.fault(path="/channels", **DOWN)
    assert mila.opens(jovan, name="Trip").status == 503
    stream.clear_faults()
    assert resync() == 0
    (channel,) = stream.state()["channels"].values()
    assert channel["name"] == "Trip"


def test_same_name_costs_no_renaming_at_stream(two: list[User], stream: Emulator) -> None:
    mila, jovan = two
    group = group_of(mila, jovan)
    before = len(operations(stream))
    assert mila.renames(group, "Trip").status == 200
    assert operations(stream)[before:] == ["GetOrCreateChannel"]


@pytest.mark.promise("RGT-3")
def test_name_is_dropped_when_the_last_member_leaves(two: list[User], stream: Emulator) -> None:
    mila, jovan = two
    group = group_of(mila, jovan)
    stream.fault(path="/channels", **DOWN)
    for user in two:
        user.leaves(group)
    (row,) = cloud.records("conversation")
    assert "name" not in row
