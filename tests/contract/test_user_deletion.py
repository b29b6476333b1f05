"""Deletion of users: modes, ids that cannot be used again, tasks with a result for each id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from stream_chat.base.exceptions import StreamAPIException

from tests.contract.emulated_app import Refused

if TYPE_CHECKING:
    from tests.contract.emulated_app import App


def channel(app: App, cid: str = "messaging:talk") -> dict[str, Any]:
    found: dict[str, Any] = app.emulator.state()["channels"][cid]
    return found


OUTCOMES = {
    "not_found": Refused(404, 16),
    "bad_input": Refused(400, 4),
    "task_error": "error",
    "task_ok": "ok",
}


def outcome_of_deleting(app: App, user_id: str) -> Refused | str:
    """Return the refusal of the request, or the status of the id in the completed task."""
    try:
        task_id = app.erase(user_id)
    except StreamAPIException as error:
        return Refused(error.status_code, error.error_code)
    return str(app.finish(task_id)["result"][user_id]["status"])


def test_deletion_task_has_an_ok_for_each_id(app: App) -> None:
    app.people("mila", "vera")
    task = app.finish(app.erase("mila", "vera"))
    assert task["status"] == "completed"
    assert task["result"] == {"mila": {"status": "ok"}, "vera": {"status": "ok"}}
    assert app.emulator.user("mila")["state"] == "hard_deleted"
    assert "name" not in app.emulator.user("mila")


def test_deleted_user_is_hidden_before_the_task_ends(app: App) -> None:
    app.people("mila")
    app.erase("mila")
    found = app.server.query_users({"id": {"$in": ["mila"]}}, include_deactivated_users=True)
    assert found["users"] == []
    assert app.phone("mila").refused("GET", "/app") == Refused(404, 16)


def test_task_advances_one_state_per_request(app: App) -> None:
    app.people("mila")
    task_id = app.erase("mila")
    states = [app.server.get_task(task_id)["status"] for _ in range(5)]
    assert states == ["waiting", "pending", "running", "completed", "completed"]


def test_task_can_be_set_to_advance_by_the_clock(app: App) -> None:
    app.emulator.choose(task_progress="clock", task_seconds=60)
    app.people("mila")
    task_id = app.erase("mila")
    assert app.server.get_task(task_id)["status"] == "waiting"
    app.emulator.advance(61)
    assert app.server.get_task(task_id)["status"] == "pending"
    app.emulator.advance(120)
    assert app.server.get_task(task_id)["status"] == "completed"


def test_task_can_be_held_and_released(app: App) -> None:
    app.emulator.choose(task_progress="hold")
    app.people("mila")
    task_id = app.erase("mila")
    assert [app.server.get_task(task_id)["status"] for _ in range(5)] == ["waiting"] * 5
    app.emulator.choose(task_progress="poll")
    assert app.finish(task_id)["status"] == "completed"


def test_task_can_fail(app: App) -> None:
    app.people("mila")
    app.emulator.spoil_tasks(failure={"type": "internal", "description": "injected"})
    task = app.finish(app.erase("mila"))
    assert (task["status"], task["error"]["type"]) == ("failed", "internal")
    assert "result" not in task
    assert app.emulator.user("mila")["state"] == "soft_deleted"


def test_completed_task_can_carry_an_error_for_one_id(app: App) -> None:
    app.people("mila", "vera")
    app.emulator.spoil_tasks(results={"vera": {"status": "error", "error": "injected"}})
    task = app.finish(app.erase("mila", "vera"))
    assert task["status"] == "completed"
    assert task["result"]["mila"]["status"] == "ok"
    assert task["result"]["vera"]["status"] == "error"


def test_unknown_task_is_not_found(app: App) -> None:
    assert app.refused(lambda: app.server.get_task("nothing")) == Refused(404, 16)


def test_deleted_id_cannot_be_created_again(app: App) -> None:
    app.people("mila")
    app.finish(app.erase("mila"))
    assert app.refused(lambda: app.people("mila")) == Refused(404, 16)
    change = {"id": "mila", "set": {"name": "M"}}
    assert app.refused(lambda: app.server.update_user_partial(change)) == Refused(404, 16)


def test_batch_with_a_deleted_id_fails(app: App) -> None:
    app.people("mila")
    app.erase("mila")
    assert app.refused(lambda: app.people("vera", "mila")) == Refused(404, 16)
    assert "vera" not in app.emulator.state()["users"]


def test_deleted_id_cannot_become_a_member(app: App) -> None:
    app.talk("vera")
    app.people("mila")
    app.erase("mila")
    add = app.server.channel("messaging", "talk").add_members
    assert app.refused(lambda: add(["mila"])) == Refused(404, 16)
    assert app.refused(lambda: app.talk("mila", id="other")) == Refused(404, 16)


@pytest.mark.parametrize("modes", [{}, {"messages": "hard"}, {"conversations": "hard"}])
def test_hard_deletion_of_users_requires_that_of_messages_and_conversations(
    app: App, modes: dict[str, str]
) -> None:
    app.people("mila")
    delete = lambda: app.server.delete_users(["mila"], "hard", **modes)  # noqa: E731
    assert app.refused(delete) == Refused(400, 4)
    assert app.emulator.user("mila")["state"] == "active"


@pytest.mark.parametrize("modes", [{"messages": "all"}, {"conversations": "pruning"}, {"x": "hard"}])
def test_unknown_modes_are_refused(app: App, modes: dict[str, str]) -> None:
    app.people("mila")
    delete = lambda: app.server.delete_users(["mila"], "soft", **modes)  # noqa: E731
    assert app.refused(delete) == Refused(400, 4)


def test_more_than_a_hundred_deletions_are_refused(app: App) -> None:
    crowd = [f"u{number}" for number in range(101)]
    assert app.refused(lambda: app.erase(*crowd)) == Refused(400, 4)


def test_unknown_user_cannot_be_deleted(app: App) -> None:
    assert app.refused(lambda: app.erase("unknown")) == Refused(404, 16)


@pytest.mark.parametrize("choice", ["not_found", "bad_input", "task_error", "task_ok"])
def test_option_decides_the_result_of_a_second_deletion(app: App, choice: str) -> None:
    app.people("mila")
    app.finish(app.erase("mila"))
    app.emulator.choose(repeated_delete=choice)
    assert outcome_of_deleting(app, "mila") == OUTCOMES[choice]


@pytest.mark.parametrize("choice", ["not_found", "bad_input", "task_error", "task_ok"])
def test_option_decides_the_result_of_deleting_an_unknown_user(app: App, choice: str) -> None:
    app.emulator.choose(unknown_delete=choice)
    assert outcome_of_deleting(app, "unknown") == OUTCOMES[choice]
    assert "unknown" not in app.emulator.state()["users"]


def test_hard_deletion_removes_the_two_party_chat_only(app: App) -> None:
    app.talk("mila", "vera")
    app.talk("mila", "vera", "zoe", id="group")
    app.says("mila", "in private")
    app.says("mila", "in the group", cid="messaging:group")
    app.says("vera", "hello mila", cid="messaging:group")
    app.finish(app.erase("mila"))
    assert "messaging:talk" not in app.emulator.state()["channels"]
    group = channel(app, "messaging:group")
    assert group["members"] == ["vera", "zoe"]
    assert [message["text"] for message in group["messages"]] == ["hello mila"]


def test_pruning_keeps_the_chat_of_the_other_user(app: App) -> None:
    app.talk("mila", "vera")
    app.says("mila", "mine")
    app.says("vera", "hers")
    task = app.server.delete_users(["mila"], "pruning", messages="hard", files=True)
    app.finish(task["task_id"])
    assert [message["text"] for message in channel(app)["messages"]] == ["hers"]
    assert app.emulator.user("mila")["state"] == "pruned"
    assert "name" not in app.emulator.user("mila")
    assert app.refused(lambda: app.people("mila")) == Refused(404, 16)


def test_pruned_messages_stay_without_text(app: App) -> None:
    app.talk("mila", "vera")
    app.says("mila", "mine")
    task = app.server.delete_users(["mila"], "pruning", messages="pruning")
    app.finish(task["task_id"])
    assert [(message["type"], message["text"]) for message in channel(app)["messages"]] == [("deleted", "")]


def test_deletion_of_a_user_leaves_messages_and_channels_unless_requested(app: App) -> None:
    app.talk("mila", "vera")
    app.says("mila", "mine")
    app.finish(app.server.delete_users(["mila"], "soft")["task_id"])
    assert [message["text"] for message in channel(app)["messages"]] == ["mine"]


def test_restored_user_has_no_memberships(app: App) -> None:
    app.talk("mila", "vera")
    app.finish(app.server.delete_users(["mila"], "soft")["task_id"])
    app.server.restore_users(["mila"])
    assert app.emulator.user("mila")["state"] == "active"
    assert app.emulator.user("mila")["name"] == "Mila"
    assert channel(app)["members"] == ["vera"]


@pytest.mark.parametrize("deletion", ["hard", "pruning"])
def test_only_softly_deleted_users_can_be_restored(app: App, deletion: str) -> None:
    app.people("mila")
    modes = {"messages": "hard", "conversations": "hard"}
    app.finish(app.server.delete_users(["mila"], deletion, **modes)["task_id"])
    assert app.refused(lambda: app.server.restore_users(["mila"])) == Refused(400, 4)


def test_channels_of_an_erased_owner_get_another_owner(app: App) -> None:
    app.people("mila", "vera")
    app.server.channel("messaging", "owned", {"members": ["vera"]}).create("mila")
    app.finish(app.erase("mila"))
    assert channel(app, "messaging:owned")["created_by"]["id"].startswith("delete-user-")


def test_hard_deletion_of_one_user_by_the_old_route_needs_the_messages_flag(app: App) -> None:
    app.people("mila")
    delete = app.server.delete_user
    assert app.refused(lambda: delete("mila", hard_delete=True)) == Refused(400, 4)
    delete("mila", hard_delete=True, mark_messages_deleted=True)
    assert app.emulator.user("mila")["state"] == "hard_deleted"


@pytest.mark.parametrize("files", [True, False])
def test_files_are_deleted_only_on_request(app: App, *, files: bool) -> None:
    app.talk("mila", "vera")
    path = "/channels/messaging/talk/file"
    url = app.phone("mila").upload(path, "note.txt", b"hello")
    assert app.fetch(url).content == b"hello"
    modes = {"messages": "hard", "files": files}
    app.finish(app.server.delete_users(["mila"], "pruning", **modes)["task_id"])
    assert app.fetch(url).status_code == (404 if files else 200)
    assert len(app.emulator.state()["files"]) == (0 if files else 1)
