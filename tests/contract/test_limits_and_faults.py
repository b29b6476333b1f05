"""Rate limits, and faults for tests of the backend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests
from stream_chat import StreamChat
from stream_chat.base.exceptions import StreamAPIException

from tests.contract.emulated_app import Refused

if TYPE_CHECKING:
    from tests.contract.emulated_app import App

HEADERS = {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"}


def test_sdk_reads_the_limits_of_a_response(app: App) -> None:
    limit = app.server.upsert_user({"id": "mila"}).rate_limit()
    assert limit
    assert (limit.limit, limit.remaining) == (300, 299)


def test_every_response_has_lowercase_headers(app: App) -> None:
    phone, backend = app.phone("unknown"), app.backend()
    app.emulator.fault(path="/roles", status=503)
    answers = [
        backend.ask("GET", "/app"),
        backend.ask("GET", "/nowhere"),
        backend.ask("GET", "/app", api_key="another"),
        backend.ask("GET", "/roles"),
        phone.ask("GET", "/app"),
    ]
    assert [answer.status_code for answer in answers] == [200, 404, 401, 503, 404]
    assert all(set(answer.headers.keys()) >= HEADERS for answer in answers)
    assert all("x-ratelimit-limit" in list(answer.headers) for answer in answers)


def test_request_over_the_limit_is_refused_until_the_minute_ends(app: App) -> None:
    app.emulator.choose(limits={"UpdateUsers": 2})
    app.people("mila")
    app.people("mila")
    assert app.refused(lambda: app.people("mila")) == Refused(429, 9)
    app.emulator.advance(60)
    app.people("mila")


def test_limits_count_per_endpoint(app: App) -> None:
    app.emulator.choose(limits={"UpdateUsers": 1})
    app.people("mila")
    app.server.update_user_partial({"id": "mila", "set": {"name": "M"}})


def test_client_has_a_limit_of_its_own(app: App) -> None:
    app.emulator.choose(client_limit=1)
    app.people("mila", "vera")
    assert app.phone("mila").ask("GET", "/app").status_code == 200
    assert app.phone("mila").refused("GET", "/app") == Refused(429, 9)
    assert app.phone("vera").ask("GET", "/app").status_code == 200
    assert app.backend().ask("GET", "/app").status_code == 200


@pytest.mark.parametrize(
    ("endpoint", "limit"),
    [("UpdateUsers", 300), ("QueryUsers", 1000), ("DeactivateUser", 60), ("GetApp", 10_000)],
)
def test_published_limits_can_be_requested(app: App, endpoint: str, limit: int) -> None:
    limits = app.server.get_rate_limits(server_side=True, endpoints=[endpoint])
    assert limits["server_side"][endpoint]["limit"] == limit


def test_fault_is_injected_the_requested_number_of_times(app: App) -> None:
    app.emulator.fault(method="POST", path="/users", status=503, code=-1, times=2)
    for _ in range(2):
        assert app.refused(lambda: app.people("mila")) == Refused(503, -1)
    assert app.emulator.state()["users"] == {}
    app.people("mila")


def test_faults_affect_only_matching_requests(app: App) -> None:
    app.emulator.fault(method="GET", path="^/tasks/[a-z]+$", status=500)
    app.people("mila")
    assert app.refused(lambda: app.server.get_task("1")) == Refused(404, 16)
    assert app.refused(lambda: app.server.get_task("abc")) == Refused(500, -1)


def test_faults_can_be_removed(app: App) -> None:
    app.emulator.fault(path="/users", status=500)
    app.emulator.clear_faults()
    app.people("mila")


def test_malformed_fault_is_refused(app: App) -> None:
    with pytest.raises(requests.HTTPError):
        app.emulator.fault(path="/users", sometimes=True)


def test_response_body_can_be_malformed(app: App) -> None:
    app.emulator.fault(path="/users", status=502, body="<html>bad gateway</html>")
    with pytest.raises(StreamAPIException) as raised:
        app.people("mila")
    assert raised.value.status_code == 502
    assert not hasattr(raised.value, "error_code")


def test_fault_can_set_headers(app: App) -> None:
    app.emulator.fault(path="/app", status=429, code=9, headers={"Retry-After": "7"})
    assert app.backend().ask("GET", "/app").headers["Retry-After"] == "7"


def test_connection_can_be_dropped_before_the_request_is_executed(app: App) -> None:
    # The SDK repeats a GET once by itself, a POST never.
    app.emulator.fault(method="POST", path="/users", drop_connection=True)
    with pytest.raises(requests.ConnectionError):
        app.people("mila")
    assert app.emulator.state()["users"] == {}


def test_response_can_be_lost_after_the_request_is_executed(app: App) -> None:
    app.emulator.fault(method="POST", path="/users", drop_connection=True, commit=True)
    with pytest.raises(requests.ConnectionError):
        app.people("mila")
    assert "mila" in app.emulator.state()["users"]


def test_response_can_be_falsified_after_the_request_is_executed(app: App) -> None:
    app.people("mila")
    app.emulator.fault(path="/users/delete", status=504, body="timeout", commit=True)
    with pytest.raises(StreamAPIException):
        app.erase("mila")
    assert app.emulator.user("mila")["state"] == "soft_deleted"


@pytest.mark.parametrize("commit", [True, False])
def test_response_can_be_delayed(app: App, *, commit: bool) -> None:
    hasty = StreamChat(app.emulator.api_key, app.emulator.secret, timeout=0.3, base_url=app.emulator.url)
    status = None if commit else 503
    late = {"delay_ms": 600, "commit": commit} | ({"status": status} if status else {})
    app.emulator.fault(method="POST", path="/users", **late)
    with hasty.session, pytest.raises(requests.ReadTimeout):
        hasty.upsert_user({"id": "mila"})
    assert ("mila" in app.emulator.state()["users"]) is commit


def test_journal_keeps_requests_in_order_with_their_principal(app: App) -> None:
    app.people("mila")
    app.phone("mila").ask("GET", "/app")
    app.backend().ask("GET", "/app", api_key="another")
    kept = app.emulator.requests()
    assert [(request["method"], request["path"], request["principal"]) for request in kept] == [
        ("POST", "/users", "server"),
        ("GET", "/app", "client:mila"),
        ("GET", "/app", "none"),
    ]
    assert kept[0]["body"] == {"users": {"mila": {"id": "mila", "name": "Mila"}}}
    assert [request["status"] for request in kept] == [201, 200, 401]


def test_reset_deletes_all_state(app: App) -> None:
    app.talk("mila", "vera")
    app.erase("mila")
    app.server.update_app_settings(grants={"user": ["search-user"]})
    app.emulator.fault(path="/users", status=500)
    app.emulator.choose(client_limit=1)
    app.refused(lambda: app.server.upsert_user({"id": "zoe", "email": "z"}))
    app.emulator.reset()
    state = app.emulator.state()
    assert (state["users"], state["channels"], state["tasks"]) == ({}, {}, {})
    assert state["violations"] == app.emulator.requests() == []
    assert state["app"]["grants"]["user"] == ["flag-user"]
    app.people("mila")
