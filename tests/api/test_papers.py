"""A person without a session uploads papers that prove their identity, and operators look at them."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.core import chain, clock
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.settings import settings
from chalicelib.privacy.purposes import Practice
from chalicelib.rights.papers import store
from chalicelib.rights.papers.model import MAX_PAPERS
from chalicelib.rights.request.evidence import history_of
from tests.support.cases.guests import proves
from tests.support.cases.images import a_jpeg
from tests.support.cases.papers import asks_for_a_copy, listed, offers, sends, uploads
from tests.support.world.operators import Operator
from tests.support.world.practices import describe
from tests.support.world.world import User, World

pytestmark = pytest.mark.promise("RGT-11")
DAY = timedelta(days=1)


@pytest.fixture
def made(world: World) -> dict[str, Any]:
    """Return a request that waits for proof of identity."""
    return asks_for_a_copy(world, world.begin(mila_here))


def mila_here(world: World) -> User:
    user = world.a_user()
    user.has_had_email("mila@example.com")
    return user


def request_id(made: dict[str, Any]) -> RightsRequestId:
    return RightsRequestId(made["rights_request_id"])


def test_form_uploads_one_file_of_limited_size_within_ten_minutes(world: World, made: dict[str, Any]) -> None:
    offered = offers(world, made)
    assert offered.status == 201
    form = offered.json
    policy = json.loads(base64.b64decode(form["fields"]["policy"]))
    key, back = form["fields"]["key"], f"{settings().issuer}/privacy/form/paper"
    assert key == f"incoming/{made['rights_request_id']}/{form['paper_id']}"
    assert ["content-length-range", 1, 5_000_000] in policy["conditions"]
    assert {"key": key} in policy["conditions"]
    assert {"success_action_redirect": back} in policy["conditions"]
    assert form["fields"]["success_action_redirect"] == back
    assert form["max_bytes"] == 5_000_000
    assert policy["expiration"] == clock.to_text(clock.now() + timedelta(minutes=10))
    assert form["expires_at"] == policy["expiration"]
    assert urlsplit(form["url"]).hostname == f"{settings().papers_bucket()}.s3.eu-central-1.amazonaws.com"


def test_paper_waits_until_it_is_uploaded_and_cleaned(world: World, made: dict[str, Any]) -> None:
    offer = offers(world, made).json
    (paper,) = listed(world, made)
    assert (paper["paper_id"], paper["state"]) == (offer["paper_id"], "waiting")
    assert sends(world, made, a_jpeg())["state"] == "ready"


@pytest.mark.promise("NOT-1")
def test_no_form_is_offered_unless_the_policy_in_effect_says_so(world: World, made: dict[str, Any]) -> None:
    describe(Practice.COUNTING_USE)
    assert offers(world, made).problem == "not_offered"
    headers = {"Rights-Receipt": made["receipt"]}
    shown = world.call("GET", f"/v1/rights-receipts/{made['rights_request_id']}", headers=headers).json
    assert "papers" not in shown["identity"]


def test_form_needs_the_receipt_of_the_request(world: World, made: dict[str, Any]) -> None:
    assert offers(world, made, receipt="1.other").status == 404


def test_request_takes_a_few_papers(world: World, made: dict[str, Any]) -> None:
    assert [offers(world, made).status for _ in range(MAX_PAPERS + 1)] == [201] * MAX_PAPERS + [409]
    assert offers(world, made).problem == "no_more_papers"


def test_proven_request_takes_no_papers(world: World, made: dict[str, Any]) -> None:
    assert proves(world, made, email="mila@example.com").json["status"] == "in_progress"
    assert offers(world, made).problem == "not_now"


@pytest.mark.promise("RET-1")
def test_papers_end_a_week_after_the_identity_is_decided(world: World, made: dict[str, Any]) -> None:
    sends(world, made, a_jpeg())
    world.advance(3 * DAY)
    proves(world, made, email="mila@example.com")
    world.advance(7 * DAY - timedelta(minutes=1))
    assert store.read(request_id(made))
    world.advance(timedelta(minutes=1))
    assert store.read(request_id(made)) is None


@pytest.mark.promise("RET-1")
def test_papers_of_a_request_that_was_cancelled_end_a_week_later(world: World, made: dict[str, Any]) -> None:
    offers(world, made)
    path = f"/v1/rights-receipts/{made['rights_request_id']}/cancel"
    assert world.call("POST", path, headers={"Rights-Receipt": made["receipt"]}).status == 200
    world.advance(7 * DAY)
    assert store.read(request_id(made)) is None


@pytest.mark.promise("RET-1")
def test_papers_end_after_37_days_without_a_decision(world: World, made: dict[str, Any]) -> None:
    offers(world, made)
    world.advance(36 * DAY)
    assert store.read(request_id(made))
    world.advance(DAY)
    assert store.read(request_id(made)) is None


# --- operators


@pytest.mark.promise("RGT-10")
def test_each_look_is_recorded_and_gives_links(world: World, made: dict[str, Any], alice: Operator) -> None:
    paper = sends(world, made, a_jpeg())
    ((shown,), (again,)) = (opens(alice, made) for _ in range(2))
    assert (shown["paper_id"], shown["state"], shown["kept_as"]) == (paper["paper_id"], "ready", "image/jpeg")
    looks = [one for one in chain.entries(history_of(request_id(made))) if one.event == "papers_opened"]
    assert [one.data for one in looks] == [{"by": alice.staff_id, "papers": [paper["paper_id"]]}] * 2
    link = urlsplit(again["url"])
    asked = parse_qs(link.query)
    assert asked["X-Amz-Expires"] == ["120"]
    assert asked["response-content-disposition"] == [f'attachment; filename="{paper["paper_id"]}.jpeg"']
    assert link.path == f"/clean/{made['rights_request_id']}/{paper['paper_id']}"


def test_paper_that_is_not_ready_has_no_link(world: World, made: dict[str, Any], alice: Operator) -> None:
    uploads(offers(world, made).json, a_jpeg())
    (shown,) = opens(alice, made)
    assert (shown["state"], shown.get("url")) == ("waiting", None)


def test_request_without_papers_shows_none(made: dict[str, Any], alice: Operator) -> None:
    assert opens(alice, made) == []


def opens(operator: Operator, made: dict[str, Any]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = operator.calls("GET", f"/{made['rights_request_id']}/papers").json["items"]
    return items
