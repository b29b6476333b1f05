"""Profiles: a user's own view, the public view, and editing by merge patch."""

from typing import Any

import pytest

from chalicelib.accounts.profiles.model import Profile
from chalicelib.core import aws, table
from chalicelib.core.settings import settings
from chalicelib.privacy.purposes import Practice
from tests.support.clouds import cloud
from tests.support.world.builders import a_phone
from tests.support.world.practices import describe
from tests.support.world.world import World


@pytest.mark.promise("ACC-4")
def test_new_profile_has_only_a_name_and_private_defaults(world: World) -> None:
    mila = world.a_user(display_name="Mila")
    assert mila.profile() == {
        "user_id": mila.user_id,
        "phone": mila.phone,
        "display_name": "Mila",
        "email_verified": False,
        "discoverable": False,
        "online_visible": False,
        "pin_set": False,
        "created_at": "2026-11-24T12:00:00Z",
    }


EVERYTHING: dict[str, Any] = {
    "display_name": "Mila P.",
    "name": "Milica Petrović",
    "date_of_birth": "1990-02-28",
    "job_title": "Engineer",
    "employer": "Tesla d.o.o.",
    "country": "RS",
    "locale": "sr-RS",
    "discoverable": True,
    "online_visible": True,
}


@pytest.fixture(autouse=True)
def status_can_be_hidden(world: World) -> None:
    """Let the policy describe what follows from each field."""
    describe(Practice.HIDING_STATUS, Practice.MATCHING_CONTACTS)


@pytest.mark.promise("ACC-4")
def test_every_editable_field_can_be_set(world: World) -> None:
    mila = world.a_user()
    changed = mila.changes(**EVERYTHING)
    assert changed.status == 200
    assert EVERYTHING.items() <= changed.json.items()
    assert EVERYTHING.items() <= mila.profile().items()


@pytest.mark.promise("ACC-4")
@pytest.mark.parametrize("field", ["name", "date_of_birth", "job_title", "employer", "country"])
def test_each_optional_field_can_be_removed_alone(world: World, field: str) -> None:
    mila = world.a_user()
    before = mila.changes(**EVERYTHING).json
    mila.changes(**{field: None})
    assert mila.profile() == {name: value for name, value in before.items() if name != field}


@pytest.mark.parametrize(
    "name",
    ["Мила Đorđević", "👩\u200d🚀", "❤\ufe0f\u200d🔥", "علی\u200cرضا", "ක්\u200dෂණ", "7", "Mila 2!"],  # noqa: RUF001 - Persian
)
def test_name_may_have_letters_of_any_script_and_emoji(world: World, name: str) -> None:
    assert world.a_user().changes(display_name=name).json["display_name"] == name


@pytest.mark.parametrize(
    "name",
    ["\u200d", "\u200c", "\u3164", "\u2800", "\u115f", "\u1160", "\uffa0", "\u0301", "\ufe0f", "...",
     "Mila\u200d", "\u200cMila", "Mila \u200d P", "Mi\u200c\u200dla", "Mila\u3164", "Mila\u202eevil"],
    ids=ascii,
)  # fmt: skip
@pytest.mark.parametrize("field", ["display_name", "name"])
def test_name_with_invisible_characters_is_refused(world: World, field: str, name: str) -> None:
    assert world.a_user().changes(**{field: name}).problem == "invalid_request"


@pytest.mark.promise("STR-1")
def test_removed_name_becomes_a_nickname_and_removed_switches_their_defaults(world: World) -> None:
    mila = world.a_user()
    mila.changes(**EVERYTHING)
    mila.changes(display_name=None, discoverable=None, online_visible=None)
    profile = mila.profile()
    assert profile["display_name"] not in EVERYTHING.values()
    assert (profile["discoverable"], profile["online_visible"]) == (False, False)


@pytest.mark.promise("STR-10")
def test_change_of_the_status_is_refused_while_the_policy_does_not_name_it(world: World) -> None:
    describe()
    mila = world.a_user()
    before = mila.profile()
    assert mila.changes(online_visible=True, name="Mila").problem == "not_offered"
    assert mila.profile() == before
    assert mila.changes(online_visible=False, name="Mila").status == 200
    assert mila.changes(online_visible=None).status == 200


@pytest.mark.promise("STR-10")
def test_profile_stored_before_the_status_could_be_chosen_is_hidden(world: World) -> None:
    mila = world.a_user()
    mila.changes(online_visible=True)
    (item,) = cloud.records("profile")
    earlier = {**item, "shape": {"N": "2"}}
    aws.client("dynamodb").put_item(TableName=settings().table(table.Table.ACCOUNTS), Item=earlier)
    assert mila.profile()["online_visible"] is False


def test_edit_without_if_match_is_refused(world: World) -> None:
    reply = world.a_user().calls("PATCH", "/v1/profile", body={"name": "X"})
    assert reply.problem == "precondition_required"


@pytest.mark.parametrize("etag", ['"2"', 'W/"1"', "1", '""', "garbage"])
def test_edit_of_another_version_is_refused_and_changes_nothing(world: World, etag: str) -> None:
    mila = world.a_user()
    before = mila.profile()
    assert mila.changes(etag, name="X").problem == "changed_meanwhile"
    assert mila.profile() == before


def test_each_edit_has_an_etag_of_its_own(world: World) -> None:
    mila = world.a_user()
    first = mila.gets("/v1/profile").headers["etag"]
    second = mila.changes(first, name="X").headers["etag"]
    assert first != second == mila.gets("/v1/profile").headers["etag"]
    assert mila.changes(first, name="Y").problem == "changed_meanwhile"


def test_edit_is_answered_again_after_a_lost_response(world: World) -> None:
    mila = world.a_user()
    first = mila.gets("/v1/profile").headers["etag"]
    patch = {"name": "X", "locale": "sr-Latn", "employer": None}
    lost, again = (mila.changes(first, **patch) for _ in range(2))
    assert (lost.status, again.status) == (200, 200)
    assert (again.json, again.headers["etag"]) == (lost.json, lost.headers["etag"])
    assert mila.changes(first, name="X", locale="en").problem == "changed_meanwhile"
    assert mila.changes(first, name="X", job_title="Y").problem == "changed_meanwhile"


@pytest.mark.parametrize("etag", ["*", " * ", '"7", "1"', '"1", *', '"1",'])
def test_edit_whose_if_match_is_a_wildcard_or_a_list_is_refused(world: World, etag: str) -> None:
    mila = world.a_user()
    before = mila.profile()
    assert mila.changes(etag, name="X").problem == "precondition_required"
    assert mila.profile() == before


def test_one_of_two_concurrent_edits_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    mila = world.a_user()
    write = table.write

    def after_the_other(operation: table.Write) -> table.Item:
        monkeypatch.setattr(table, "write", write)
        assert mila.changes('"1"', name="Quick").status == 200
        return write(operation)

    monkeypatch.setattr(table, "write", after_the_other)
    assert mila.changes('"1"', name="Slow").problem == "changed_meanwhile"
    assert mila.profile()["name"] == "Quick"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "invalid_request"),
        ({"display_name": ""}, "invalid_request"),
        ({"display_name": "x" * 51}, "invalid_request"),
        ({"name": "a\nb"}, "invalid_request"),
        ({"date_of_birth": "1890-01-01"}, "invalid_request"),
        ({"date_of_birth": "2990-01-01"}, "invalid_request"),
        ({"date_of_birth": "28.02.1990"}, "invalid_request"),
        ({"date_of_birth": "633830400"}, "invalid_request"),
        ({"date_of_birth": 633830400}, "invalid_request"),
        ({"date_of_birth": "1990-02-28T00:00:00Z"}, "invalid_request"),
        ({"date_of_birth": "1990-02-31"}, "invalid_request"),
        ({"country": "Serbia"}, "invalid_request"),
        ({"discoverable": "maybe"}, "invalid_request"),
        ({"discoverable": 0}, "invalid_request"),
        ({"job_title": 7}, "invalid_request"),
        ({"phone": "+381601234567"}, "unexpected_field"),
        ({"email": "mila@example.org"}, "invalid_request"),
        ({"user_id": "u_" + "0" * 26}, "unexpected_field"),
        ({"version": 7}, "unexpected_field"),
        ({"email_verified": True}, "unexpected_field"),
    ],
    ids=str,
)
def test_bad_edit_is_refused_and_changes_nothing(world: World, changes: dict[str, Any], code: str) -> None:
    mila = world.a_user()
    before = mila.gets("/v1/profile")
    assert mila.changes(**changes).problem == code
    assert mila.gets("/v1/profile") == before


def test_edit_with_content_type_json_is_refused(world: World) -> None:
    headers = {"If-Match": '"1"', "content-type": "application/json"}
    reply = world.a_user().calls("PATCH", "/v1/profile", raw=b'{"name":"X"}', headers=headers)
    assert reply.problem == "unsupported_media_type"


@pytest.mark.promise("ACC-6")
def test_other_users_see_only_the_public_view(world: World) -> None:
    mila, vuk = world.a_user(), world.a_user()
    mila.changes(**EVERYTHING)
    assert vuk.gets(f"/v1/users/{mila.user_id}").json == {
        "user_id": mila.user_id,
        "display_name": "Mila P.",
    }


@pytest.mark.promise("ACC-6")
@pytest.mark.parametrize("state", ["frozen", "restricted"])
def test_frozen_user_looks_like_an_unknown_one(world: World, state: str) -> None:
    mila, vuk = world.a_user(), world.a_user()
    world.set_state(mila, state)
    theirs = vuk.gets(f"/v1/users/{mila.user_id}")
    none = vuk.gets("/v1/users/u_" + "0" * 26)
    assert theirs.status == none.status == 404
    assert theirs.json | {"request_id": ""} == none.json | {"request_id": ""}


@pytest.mark.parametrize("user_id", ["me", "a_" + "0" * 26, "u_" + "0" * 25, "u_" + "I" * 26, "..%2F"])
def test_malformed_user_id_is_not_found(world: World, user_id: str) -> None:
    assert world.a_user().gets(f"/v1/users/{user_id}").problem == "not_found"


def test_user_edits_only_their_own_profile(world: World) -> None:
    mila, vuk = world.a_user(), world.a_user()
    mila.changes(name="Mila")
    assert "name" not in vuk.profile()
    assert vuk.profile()["user_id"] == vuk.user_id


@pytest.mark.promise("SEC-1")
def test_tables_contain_no_value_of_a_profile_in_clear(world: World) -> None:
    mila = world.a_user(phone=world.canaries.add("phone", a_phone()))
    fields = set(Profile.declaration.fields) - {"account_id", "version", "email_verified_at", "email_session"}
    texts = {name: world.canaries(name) for name in ("display_name", "name", "job_title", "employer")}
    born = {"date_of_birth": world.canaries.add("date_of_birth", "1961-07-04")}
    values = {**EVERYTHING, **texts, **born}
    assert fields - values.keys() == {"email", "username"}  # no change sets these
    assert mila.changes(**values).status == 200
    address = world.canaries.add("email", f"{world.canaries('mailbox')}@example.com")
    assert mila.has_email(address).status == 200
    assert world.canaries.in_tables() == []
    (item,) = cloud.records("profile")
    assert fields & item.keys() == set()  # a country and a switch are too short to be canaries
    # The values are stored, but not in clear.
    assert world.canaries.in_text(mila.gets("/v1/profile").text) == sorted(
        world.canaries.values, key=list(world.canaries.values).index
    )
