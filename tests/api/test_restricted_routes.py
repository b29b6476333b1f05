"""Every route for a wholly restricted account: which refuse it, and which still serve it (RGT-4, RGT-11).

The routes are read from the app, so a new one fails here until it is refused or listed.
"""

from __future__ import annotations

import pytest

from tests.support.cases.routes import calls_route, routes
from tests.support.clouds import cloud
from tests.support.world.world import Reply, User, World

# Routes that serve a restricted account: its rights, consents, sessions, and what it has to be notified of.
SERVED = {
    ("GET", "/v1/announcements"),
    ("GET", "/v1/breach-notices"),
    ("GET", "/v1/consents"),
    ("GET", "/v1/consents/{purpose}/records"),
    ("PUT", "/v1/consents/{purpose}"),
    ("POST", "/v1/consents/signals"),
    ("GET", "/v1/rights-requests"),
    ("POST", "/v1/rights-requests"),
    ("GET", "/v1/rights-requests/{rights_request_id}"),
    ("GET", "/v1/rights-requests/{rights_request_id}/certificate"),
    ("GET", "/v1/rights-requests/{rights_request_id}/export"),
    ("POST", "/v1/rights-requests/{rights_request_id}/cancel"),
    ("POST", "/v1/rights-requests/{rights_request_id}/lift"),
    ("GET", "/v1/sessions"),
    ("DELETE", "/v1/sessions"),
    ("DELETE", "/v1/sessions/{session_id}"),
    ("POST", "/v1/sessions/{session_id}/confirm"),
    ("POST", "/v1/sessions/opening"),
    ("POST", "/v1/sessions/opening/{challenge_id}/verify"),
    ("POST", "/v1/sessions/step-up"),
    ("POST", "/v1/sessions/step-up/{challenge_id}/verify"),
}

# Of these, the ones that end the restriction or the session; each is called with an account of its own.
ENDING = {
    ("DELETE", "/v1/sessions"),
    ("POST", "/v1/rights-requests/{rights_request_id}/cancel"),
    ("POST", "/v1/rights-requests/{rights_request_id}/lift"),
}
# Of these, the ones that answer about something that the account does not have.
ABOUT_NOTHING = {
    ("DELETE", "/v1/sessions/{session_id}"),
    ("GET", "/v1/rights-requests/{rights_request_id}/certificate"),
    ("GET", "/v1/rights-requests/{rights_request_id}/export"),
    ("POST", "/v1/sessions/{session_id}/confirm"),
    ("POST", "/v1/sessions/opening"),
    ("POST", "/v1/sessions/opening/{challenge_id}/verify"),
    ("POST", "/v1/sessions/step-up/{challenge_id}/verify"),
}


@pytest.fixture
def mila(world: World) -> User:
    mila = world.a_user()
    mila.is_stepped_up()
    assert mila.exercises("restriction", ground="a").status == 202
    return mila


def calls(mila: User, method: str, path: str) -> Reply:
    request_id = mila.gets("/v1/rights-requests").json["items"][0]["rights_request_id"]
    return calls_route(mila, method, path, rights_request_id=request_id, user_id=mila.user_id)


def test_every_listed_route_exists() -> None:
    assert routes() >= SERVED


@pytest.mark.promise("RGT-4", "RGT-11")
def test_restricted_account_is_refused_by_every_route_but_the_listed_ones(world: World, mila: User) -> None:
    served = set()
    for method, path in sorted(routes() - ENDING):
        before = cloud.all_items()
        reply = calls(mila, method, path)
        assert reply.status != 401, path
        if reply.status == 403 and reply.problem == "restricted":
            assert cloud.all_items() == before, path
        else:
            assert reply.status < (500 if (method, path) in ABOUT_NOTHING else 400), path
            served.add((method, path))
    assert served == SERVED - ENDING


@pytest.mark.promise("RGT-4")
@pytest.mark.parametrize(("method", "path"), sorted(ENDING))
def test_restricted_account_ends_its_restriction_and_its_sessions(mila: User, method: str, path: str) -> None:
    assert calls(mila, method, path).status in {200, 204}


@pytest.mark.promise("RGT-4")
def test_other_users_do_not_see_a_restricted_account(world: World) -> None:
    vera, mila = world.a_user(), world.a_user()
    vera.meets(mila)
    assert vera.gets(f"/v1/users/{mila.user_id}").status == 200
    mila.exercises("restriction", ground="a")
    assert vera.gets(f"/v1/users/{mila.user_id}").status == 404
    assert vera.gets("/v1/contacts").json["items"] == []
    assert vera.opens(mila).problem == "unknown_member"
