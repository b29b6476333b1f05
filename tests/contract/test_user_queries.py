"""Querying users: filters, pages, keysets, visibility."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.emulated_app import Refused

if TYPE_CHECKING:
    from tests.contract.emulated_app import App

BY_ID = [{"field": "id", "direction": 1}]


def ids(app: App, conditions: dict[str, Any], *sort: dict[str, Any], **options: Any) -> list[str]:
    found = app.server.query_users(conditions, list(sort), **options)
    return [user["id"] for user in found["users"]]


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({}, ["mila", "vera", "zoe"]),
        ({"id": "mila"}, ["mila"]),
        ({"id": {"$eq": "vera"}}, ["vera"]),
        ({"id": {"$in": ["vera", "zoe", "unknown"]}}, ["vera", "zoe"]),
        ({"id": {"$gt": "mila"}}, ["vera", "zoe"]),
        ({"id": {"$gte": "vera", "$lt": "zoe"}}, ["vera"]),
        ({"id": {"$lte": "mila"}}, ["mila"]),
        ({"name": {"$autocomplete": "ve"}}, ["vera"]),
        ({"name": {"$q": "o"}}, ["zoe"]),
        ({"image": {"$exists": True}}, []),
        ({"teams": {"$contains": "red"}}, []),
        ({"$or": [{"id": "mila"}, {"id": "zoe"}]}, ["mila", "zoe"]),
        ({"$and": [{"id": {"$gt": "mila"}}, {"name": "Zoe"}]}, ["zoe"]),
        ({"created_at": {"$gt": "2020-01-01T00:00:00Z"}}, ["mila", "vera", "zoe"]),
        ({"created_at": {"$lt": "2020-01-01T00:00:00Z"}}, []),
    ],
)
def test_each_filter_finds_the_matching_users(
    app: App, conditions: dict[str, Any], expected: list[str]
) -> None:
    app.people("mila", "vera", "zoe")
    assert ids(app, conditions, *BY_ID) == expected


@pytest.mark.parametrize("operator", ["$ne", "$nin", "$regex"])
def test_operators_that_are_not_listed_are_refused(app: App, operator: str) -> None:
    app.people("mila")
    assert app.refused(lambda: ids(app, {"id": {operator: ["x"]}})) == Refused(400, 4)


@pytest.mark.parametrize("page", [{"limit": 101}, {"limit": 0}, {"offset": 1001}, {"offset": -1}])
def test_pages_over_the_maximum_are_refused(app: App, page: dict[str, int]) -> None:
    assert app.refused(lambda: ids(app, {}, **page)) == Refused(400, 4)


def test_filter_is_required(app: App) -> None:
    assert app.backend().refused("GET", "/users", payload="{}") == Refused(400, 4)


def test_payload_that_is_not_json_is_refused(app: App) -> None:
    assert app.backend().refused("GET", "/users", payload="{") == Refused(400, 4)


def test_newest_users_are_first_and_a_page_has_thirty(app: App) -> None:
    crowd = [f"u{number:03}" for number in range(40)]
    app.people(*crowd)
    assert ids(app, {}) == crowd[::-1][:30]


def test_offset_and_limit_make_pages(app: App) -> None:
    app.people("a", "b", "c", "d")
    assert ids(app, {}, *BY_ID, limit=2, offset=1) == ["b", "c"]


def test_keyset_reads_beyond_the_maximum_offset(app: App) -> None:
    crowd = [f"u{number:04}" for number in range(250)]
    for start in range(0, 250, 100):
        app.people(*crowd[start : start + 100])
    seen: list[str] = []
    while page := ids(app, {"id": {"$gt": seen[-1] if seen else ""}}, *BY_ID, limit=100):
        seen += page
    assert seen == crowd


def test_id_gt_changes_the_default_order_to_descending_ids(app: App) -> None:
    app.people("a", "b", "c")
    assert ids(app, {}, id_gt="a") == ["c", "b"]


def test_deactivated_users_are_returned_only_on_request(app: App) -> None:
    app.people("mila", "vera")
    app.server.deactivate_user("mila")
    assert ids(app, {}, *BY_ID) == ["vera"]
    assert ids(app, {}, *BY_ID, include_deactivated_users=True) == ["mila", "vera"]


@pytest.mark.parametrize("deletion", ["soft", "pruning", "hard"])
def test_deleted_users_are_never_returned(app: App, deletion: str) -> None:
    app.people("mila")
    modes = {"messages": "hard", "conversations": "hard"}
    app.finish(app.server.delete_users(["mila"], deletion, **modes)["task_id"])
    assert ids(app, {"id": {"$in": ["mila"]}}, include_deactivated_users=True) == []
