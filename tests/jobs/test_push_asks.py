"""Tests what rooms above pushes ask for: answers to privacy requests, and requested erasures."""

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib.core.clock import DAY
from chalicelib.privacy.purposes import Practice
from chalicelib.push.model import PushKind
from tests.support.cases.pushes import fake_providers, give_phones, work
from tests.support.cases.restrictions import restricts, work_for
from tests.support.clouds.cloud import failing, take_messages
from tests.support.world.practices import describe
from tests.support.world.world import User, World


@pytest.fixture
def mila(world: World) -> User:
    describe(Practice.NOTIFYING)
    mila = world.a_user().is_stepped_up()
    give_phones(mila)
    return mila


@pytest.mark.usefixtures("stream")
def test_answer_is_pushed_also_to_an_account_that_is_restricted(world: World, mila: User) -> None:
    providers = fake_providers()
    asked = restricts(mila)
    work_for(world, asked, DAY)
    assert work() == []
    ((_, push),) = providers.taken
    assert (push.kind, push.id) == (PushKind.RIGHTS, asked)


def test_requested_erasure_is_pushed_as_a_matter_of_security(mila: User) -> None:
    providers = fake_providers()
    asked = mila.exercises("erasure").json["rights_request_id"]
    assert work() == []
    ((_, push),) = providers.taken
    assert (push.kind, push.id) == (PushKind.SECURITY, asked)


def test_request_is_taken_while_the_queue_of_pushes_does_not_answer(mila: User) -> None:
    with failing("sqs", "SendMessage", EndpointConnectionError(endpoint_url="https://sqs")):
        assert mila.exercises("erasure").status == 202
    assert take_messages("pushes") == []


def test_nothing_is_asked_before_the_policy_names_pushes(mila: User) -> None:
    describe()
    mila.exercises("erasure")
    assert take_messages("pushes") == []
