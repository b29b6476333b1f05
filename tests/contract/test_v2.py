"""Tests paths under /api/v2, which return the same app in the newer form."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.contract.emulated_app import App


def test_instants_are_numbers_of_nanoseconds(app: App) -> None:
    body = {"users": {"mila": {"id": "mila", "name": "Mila"}}}
    answer = app.backend().ask("POST", "/api/v2/users", body)
    created = answer.json()["users"]["mila"]["created_at"]
    assert isinstance(created, int)
    assert abs(created / 1e9 - time.time()) < 60


def test_instants_are_text_on_legacy_paths(app: App) -> None:
    body = {"users": {"mila": {"id": "mila"}}}
    created = app.backend().ask("POST", "/users", body).json()["users"]["mila"]["created_at"]
    assert created.endswith("Z")


def test_custom_fields_are_nested(app: App) -> None:
    app.server.update_app_settings(grants={"user": ["update-user-owner"]})
    app.people("mila")
    change = {"users": [{"id": "mila", "set": {"hobby": "chess"}}]}
    app.phone("mila").ask("PATCH", "/users", change)
    payload = json.dumps({"filter_conditions": {"id": "mila"}})
    (nested,) = app.backend().ask("GET", "/api/v2/users", payload=payload).json()["users"]
    (flat,) = app.backend().ask("GET", "/users", payload=payload).json()["users"]
    assert nested["custom"] == {"hobby": "chess"}
    assert "hobby" not in nested
    assert flat["hobby"] == "chess"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/v2/app", None),
        ("GET", "/api/v2/permissions", None),
        ("GET", "/api/v2/users/mila/export", None),
        ("POST", "/api/v2/export/users", {"user_ids": ["mila"]}),
        ("POST", "/api/v2/users/mila/deactivate", {}),
        ("POST", "/api/v2/users/delete", {"user_ids": ["mila"], "user": "soft"}),
        ("GET", "/api/v2/chat/channeltypes/messaging", None),
        ("POST", "/api/v2/chat/channels/messaging/talk/query", {}),
        ("POST", "/api/v2/chat/channels", {"filter_conditions": {}}),
    ],
)
def test_v2_paths_exist(app: App, method: str, path: str, body: object) -> None:
    app.talk("mila", "vera")
    assert app.backend().ask(method, path, body).ok


@pytest.mark.parametrize("path", ["/api/v2/channeltypes", "/api/v2/chat/users", "/api/v3/app"])
def test_paths_unknown_to_stream_are_not_found(app: App, path: str) -> None:
    assert app.backend().refused("GET", path).status == 404


def test_keysets_of_the_newer_sdk_may_contain_nulls(app: App) -> None:
    app.people("a", "b", "c")
    payload = json.dumps({"filter_conditions": {}, "id_gt": "a", "offset": None, "limit": None})
    found = app.backend().ask("GET", "/api/v2/users", payload=payload).json()["users"]
    assert [user["id"] for user in found] == ["c", "b"]
