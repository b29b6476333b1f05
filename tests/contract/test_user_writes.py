"""Tests writing users: full replacement, all or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.emulated_app import Refused

if TYPE_CHECKING:
    from tests.contract.emulated_app import App

MILA: dict[str, Any] = {"id": "mila", "name": "Mila", "image": "https://a.example/1.png"}


def test_three_fields_are_accepted(app: App) -> None:
    answer = app.server.upsert_user(MILA)
    assert answer["users"]["mila"]["name"] == "Mila"
    assert app.emulator.user("mila")["image"] == MILA["image"]
    assert app.emulator.violations() == []


def test_full_replace_drops_unsent_fields(app: App) -> None:
    app.server.upsert_user(MILA)
    app.server.upsert_user({"id": "mila", "name": "Mila B"})
    assert "image" not in app.emulator.user("mila")


def test_full_replace_drops_fields_of_a_client(app: App) -> None:
    app.server.update_app_settings(grants={"user": ["update-user-owner"]})
    app.server.upsert_user(MILA)
    body = {"users": [{"id": "mila", "set": {"email": "m@a.example"}}]}
    assert app.phone("mila").ask("PATCH", "/users", body).status_code == 200
    assert app.emulator.user("mila")["email"] == "m@a.example"
    app.server.upsert_user(MILA)
    assert "email" not in app.emulator.user("mila")


def test_partial_update_keeps_all_other_fields(app: App) -> None:
    app.server.upsert_user(MILA)
    app.server.update_user_partial({"id": "mila", "set": {"name": "M"}, "unset": ["image"]})
    mila = app.emulator.user("mila")
    assert mila["name"] == "M"
    assert "image" not in mila


def test_partial_update_creates_no_user(app: App) -> None:
    change = {"id": "unknown", "set": {"name": "N"}}
    assert app.refused(lambda: app.server.update_user_partial(change)) == Refused(404, 16)


def test_invalid_user_fails_the_whole_batch(app: App) -> None:
    batch = [{"id": "mila", "name": "Mila"}, {"id": "vera", "email": "v@a.example"}]
    assert app.refused(lambda: app.server.upsert_users(batch)) == Refused(400, 4)
    assert app.emulator.state()["users"] == {}


def test_unknown_user_fails_a_partial_batch(app: App) -> None:
    app.people("mila")
    batch = [{"id": user_id, "set": {"name": "New"}} for user_id in ("mila", "unknown")]
    assert app.refused(lambda: app.server.update_users_partial(batch)) == Refused(404, 16)
    assert app.emulator.user("mila")["name"] == "Mila"


def test_hundred_users_are_accepted_and_one_more_is_refused(app: App) -> None:
    crowd = [{"id": f"u{number}"} for number in range(101)]
    assert len(app.server.upsert_users(crowd[:100])["users"]) == 100
    assert app.refused(lambda: app.server.upsert_users(crowd)) == Refused(400, 4)


def test_more_than_a_hundred_partial_updates_are_refused(app: App) -> None:
    app.people("mila")
    crowd = [{"id": "mila", "set": {"name": "M"}}] * 101
    assert app.refused(lambda: app.server.update_users_partial(crowd)) == Refused(400, 4)


@pytest.mark.parametrize("user_id", ["Mila", "8ZqAJhtH3HbKQmnRLqGPAXFeCOp2", "mila@x_y-z", "m" * 255])
def test_ids_of_letters_digits_and_three_signs_are_accepted(app: App, user_id: str) -> None:
    app.server.upsert_user({"id": user_id, "name": "M"})
    assert app.emulator.user(user_id)["state"] == "active"
    assert app.phone(user_id).ask("GET", "/app").status_code == 200


def test_ids_that_differ_in_case_are_different_users(app: App) -> None:
    app.people("mila", "Mila")
    app.finish(app.erase("mila"))
    assert app.emulator.user("Mila")["state"] == "active"


@pytest.mark.parametrize("user_id", ["mi.la", "mi/la", "mi la", "", "m" * 256])
def test_ids_outside_the_alphabet_are_refused(app: App, user_id: str) -> None:
    body = {"users": {user_id: {"id": user_id}}}
    assert app.backend().refused("POST", "/users", body) == Refused(400, 4)


def test_user_key_has_to_match_the_id(app: App) -> None:
    body = {"users": {"mila": {"id": "vera"}}}
    assert app.backend().refused("POST", "/users", body) == Refused(400, 4)


def test_oversized_user_is_refused(app: App) -> None:
    large = {"id": "mila", "name": "M" * 6000}
    assert app.refused(lambda: app.server.upsert_user(large)) == Refused(400, 4)


@pytest.mark.parametrize("name", [7, ["Mila"], {"first": "Mila"}])
def test_name_that_is_not_text_is_refused(app: App, name: object) -> None:
    assert app.refused(lambda: app.server.upsert_user({"id": "mila", "name": name})) == Refused(400, 4)


def test_deactivated_user_is_refused_until_reactivated(app: App) -> None:
    app.talk("mila", "vera")
    app.server.deactivate_user("mila")
    assert app.phone("mila").refused("GET", "/app") == Refused(403, 17)
    assert app.refused(lambda: app.says("mila", "still here?")) == Refused(403, 17)
    app.server.reactivate_user("mila")
    assert app.phone("mila").ask("GET", "/app").status_code == 200


def test_deactivation_can_hide_messages_and_reactivation_restores_them(app: App) -> None:
    app.talk("mila", "vera")
    app.says("mila", "hello")
    app.server.deactivate_user("mila", mark_messages_deleted=True)
    assert app.emulator.state()["channels"]["messaging:talk"]["messages"][0]["type"] == "deleted"
    app.server.reactivate_user("mila", restore_messages=True)
    assert app.emulator.state()["channels"]["messaging:talk"]["messages"][0]["type"] == "regular"


@pytest.mark.parametrize("choice", ["ok", "bad_input"])
def test_option_decides_the_result_of_a_second_deactivation(app: App, choice: str) -> None:
    app.people("mila")
    app.emulator.choose(repeated_deactivate=choice)
    app.server.deactivate_user("mila")
    again = app.backend().ask("POST", "/users/mila/deactivate", {})
    assert again.status_code == (201 if choice == "ok" else 400)


def test_active_user_cannot_be_reactivated(app: App) -> None:
    app.people("mila")
    assert app.refused(lambda: app.server.reactivate_user("mila")) == Refused(400, 4)


@pytest.mark.parametrize("choice", ["ok", "bad_input"])
def test_option_decides_the_result_of_reactivating_an_active_user(app: App, choice: str) -> None:
    app.people("mila")
    app.emulator.choose(repeated_reactivate=choice)
    again = app.backend().ask("POST", "/users/mila/reactivate", {})
    assert again.status_code == (201 if choice == "ok" else 400)
    assert app.emulator.user("mila")["state"] == "active"


@pytest.mark.parametrize("choice", ["ok", "bad_input"])
def test_option_decides_the_result_of_updating_a_deactivated_user(app: App, choice: str) -> None:
    app.people("mila")
    app.server.deactivate_user("mila")
    app.emulator.choose(deactivated_update=choice)
    body = {"users": [{"id": "mila", "set": {"name": "M"}}]}
    assert app.backend().ask("PATCH", "/users", body).status_code == (200 if choice == "ok" else 400)


def test_deleted_user_cannot_be_reactivated(app: App) -> None:
    app.people("mila")
    app.finish(app.erase("mila"))
    assert app.refused(lambda: app.server.reactivate_user("mila")) == Refused(404, 16)


def test_reactivating_an_unknown_user_creates_none(app: App) -> None:
    assert app.refused(lambda: app.server.reactivate_user("mila")) == Refused(404, 16)
    assert app.emulator.state()["users"] == {}


def test_query_shows_when_a_user_was_deactivated(app: App) -> None:
    app.people("mila")
    app.server.deactivate_user("mila")
    (mila,) = app.server.query_users({"id": "mila"}, include_deactivated_users=True)["users"]
    assert mila["deactivated_at"]


def test_tasks_deactivate_and_reactivate_many_users(app: App) -> None:
    app.people("mila", "vera")
    task = app.finish(app.server.deactivate_users(["mila", "vera"])["task_id"])
    assert [user["id"] for user in task["result"]["users"]] == ["mila", "vera"]
    assert app.emulator.user("vera")["state"] == "deactivated"
    body = {"user_ids": ["mila", "vera"]}
    started = app.backend().ask("POST", "/users/reactivate", body).json()
    assert app.finish(started["task_id"])["status"] == "completed"
    assert app.emulator.user("vera")["state"] == "active"


def test_more_than_a_hundred_deactivations_are_refused(app: App) -> None:
    crowd = [f"u{number}" for number in range(101)]
    assert app.refused(lambda: app.server.deactivate_users(crowd)) == Refused(400, 4)
