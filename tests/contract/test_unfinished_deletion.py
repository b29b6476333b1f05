"""Deletions that leave data, tasks that are forgotten, calls, and deleted users in queries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.emulated_app import Refused

if TYPE_CHECKING:
    from tests.contract.emulated_app import App


def texts(app: App) -> list[str]:
    """Return the texts of the messages in the conversation."""
    return [one["text"] for one in app.emulator.state()["channels"]["messaging:talk"]["messages"]]


def prune(app: App, *ids: str, **modes: Any) -> str:
    """Start a deletion that keeps conversations; returns the task's id."""
    task_id: str = app.server.delete_users(list(ids), "pruning", messages="hard", **modes)["task_id"]
    return task_id


def test_user_of_a_failed_task_keeps_its_data_and_cannot_be_deleted_again(app: App) -> None:
    app.talk("mila", "vera")
    app.says("mila", "mine")
    app.emulator.spoil_tasks(failure={"type": "internal", "description": "injected"})
    app.finish(prune(app, "mila"))
    assert app.finish(app.erase("mila"))["result"]["mila"]["status"] == "error"
    assert texts(app) == ["mine"]


def test_option_lets_a_second_task_finish_the_first(app: App) -> None:
    app.talk("mila", "vera")
    app.says("mila", "mine")
    app.emulator.choose(unfinished_delete="finished")
    app.emulator.spoil_tasks(failure={"type": "internal", "description": "injected"})
    app.finish(prune(app, "mila"))
    assert app.finish(prune(app, "mila"))["result"] == {"mila": {"status": "ok"}}
    assert texts(app) == []
    assert app.finish(app.erase("mila"))["result"]["mila"]["status"] == "error"  # now it is finished


def test_id_that_fails_in_a_task_keeps_its_data(app: App) -> None:
    app.talk("mila", "vera")
    app.says("mila", "mine")
    app.emulator.spoil_tasks(results={"mila": {"status": "error", "error": "injected"}})
    app.finish(prune(app, "mila", "vera"))
    assert texts(app) == ["mine"]
    states = {name: app.emulator.user(name)["state"] for name in ("mila", "vera")}
    assert states == {"mila": "soft_deleted", "vera": "pruned"}


def test_option_shows_deleted_users_in_queries(app: App) -> None:
    app.people("mila")
    app.erase("mila")
    app.emulator.choose(deleted_in_queries="shown")
    (found,) = app.server.query_users({"id": {"$in": ["mila"]}})["users"]
    assert found["deleted_at"]


def test_ended_task_is_forgotten_after_its_retention(app: App) -> None:
    app.people("mila", "vera")
    app.emulator.choose(task_retention=60)
    ended, running = app.erase("mila"), app.erase("vera")
    app.finish(ended)
    app.emulator.advance(59)
    assert app.server.get_task(ended)["status"] == "completed"
    app.emulator.advance(2)
    assert app.refused(lambda: app.server.get_task(ended)) == Refused(404, 16)
    assert app.server.get_task(running)["status"] == "waiting"


@pytest.mark.parametrize("mode", ["soft", "hard", None])
def test_only_calls_of_two_are_deleted_with_calls(app: App, mode: str | None) -> None:
    app.people("mila")
    group = {"id": "c3", "members": ["mila", "vera", "zoe"]}
    app.emulator.plant("mila", calls=[{"id": "c1"}, {"id": "c2", "members": ["mila", "vera"]}, group])
    app.finish(prune(app, "mila", **({"calls": mode} if mode else {})))
    calls = app.emulator.state()["calls"]["mila"]
    assert [one["id"] for one in calls] == (["c3"] if mode == "hard" else ["c1", "c2", "c3"])
    assert ["deleted_at" in one for one in calls if one["id"] != "c3"] == [mode == "soft"] * (len(calls) - 1)
    assert group in calls
