"""A person sends a paper that proves who they are, by forms without a script (RGT-11, ADR 101)."""

from __future__ import annotations

import pytest

from chalicelib.privacy.purposes import Practice
from chalicelib.rights.papers import store
from chalicelib.rights.papers.model import MAX_PAPERS, PaperState
from tests.support.cases.site_forms import request_on, requests
from tests.support.pages.visitor import Visitor
from tests.support.world.practices import describe
from tests.support.world.world import User, World

pytestmark = pytest.mark.promise("RGT-11")

SEND = "Send a paper"


@pytest.fixture
def visitor(world: World, mila: User) -> Visitor:
    describe(Practice.IDENTITY_PAPERS)
    return requests(Visitor(world), "erasure", contact=mila.phone)


def test_form_sends_the_file_to_the_bucket_and_nowhere_else(visitor: Visitor) -> None:
    visitor.presses(SEND)
    assert visitor.reply
    (place,) = [given for name, given in visitor.read.elements if name == "form"]
    origin = str(place["action"]).split("/", 3)
    policy = visitor.reply.headers["content-security-policy"]
    assert place["enctype"] == "multipart/form-data"
    assert f"form-action 'self' {origin[0]}//{origin[2]};" in policy
    assert visitor.field("success_action_redirect").endswith("/privacy/form/paper")
    request_id = request_on(visitor.opens("/privacy/form")).request_id
    assert [one.state for one in store.papers_of(request_id)] == [PaperState.WAITING]


def test_person_returns_to_the_request_after_the_upload(visitor: Visitor) -> None:
    visitor.presses(SEND).opens("/privacy/form/paper?bucket=b&key=k&etag=e")
    assert "We have the file." in visitor.shown
    assert "not uploaded yet" in visitor.follows("Back to the request").shown


def test_as_many_papers_as_a_request_takes_are_offered(visitor: Visitor) -> None:
    for _ in range(MAX_PAPERS):
        visitor.presses(SEND).opens("/privacy/form")
    assert SEND not in visitor.buttons


def test_paper_is_not_offered_before_the_policy_in_effect_says_so(visitor: Visitor) -> None:
    describe()
    assert SEND not in visitor.opens("/privacy/form").buttons
