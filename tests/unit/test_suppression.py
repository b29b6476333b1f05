"""Tests the removal of an address from SES's suppression list."""

import pytest
from botocore.exceptions import ReadTimeoutError

from chalicelib.core import egress
from chalicelib.core.aws import AwsBug
from chalicelib.core.errors import Unavailable
from chalicelib.messages import mail
from chalicelib.privacy.purposes import Category, Purpose
from chalicelib.privacy.recipients import Recipient
from tests.support.clouds.cloud import counted, failing
from tests.support.clouds.moto.gaps import suppression_list
from tests.support.faults.outages import named, refusal
from tests.support.world.world import World

ADDRESS = "mila.p+ru4m@example.com"
DELETE = "DeleteSuppressedDestination"
OUTAGES = [
    refusal("TooManyRequestsException", 429),
    refusal("ThrottlingException"),
    refusal("InternalServiceErrorException", 500),
]


@pytest.mark.promise("RGT-3")
def test_address_is_deleted_from_the_list(world: World) -> None:
    with suppression_list(ADDRESS, "vera@example.com") as listed:
        assert mail.delete_suppressed_address(ADDRESS)
    assert listed == {"vera@example.com"}


def test_address_that_is_not_on_the_list_is_no_error(world: World) -> None:
    with suppression_list():
        assert not mail.delete_suppressed_address(ADDRESS)


def test_second_call_finds_nothing(world: World) -> None:
    with suppression_list(ADDRESS):
        assert [mail.delete_suppressed_address(ADDRESS) for _ in range(2)] == [True, False]


def test_one_call_is_made(world: World) -> None:
    with suppression_list(ADDRESS), counted() as calls:
        mail.delete_suppressed_address(ADDRESS)
    assert calls == {f"sesv2.{DELETE}": 1}


@pytest.mark.parametrize("error", OUTAGES, ids=named)
def test_throttled_or_failing_ses_is_unavailable(world: World, error: Exception) -> None:
    with suppression_list(ADDRESS) as listed, failing("sesv2", DELETE, error), pytest.raises(Unavailable):
        mail.delete_suppressed_address(ADDRESS)
    assert listed == {ADDRESS}


def test_lost_answer_is_unavailable_and_the_next_call_succeeds(world: World) -> None:
    lost = ReadTimeoutError(endpoint_url="https://email")
    with suppression_list(ADDRESS) as listed:
        with failing("sesv2", DELETE, lost, times=1, moment="after"), pytest.raises(Unavailable):
            mail.delete_suppressed_address(ADDRESS)
        assert not mail.delete_suppressed_address(ADDRESS)
    assert listed == set()


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize("code", ["AccessDeniedException", "BadRequestException"])
def test_refusal_is_a_bug_whose_text_has_no_address(world: World, code: str) -> None:
    error = refusal(code, text=f"{ADDRESS} is refused")
    with suppression_list(ADDRESS), failing("sesv2", DELETE, error), pytest.raises(AwsBug) as raised:
        mail.delete_suppressed_address(ADDRESS)
    assert str(raised.value) == code
    assert raised.value.__cause__ is None
    assert ADDRESS not in world.log.getvalue()


@pytest.mark.promise("SEC-2")
def test_only_aws_gets_the_address(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def client(to: Recipient, purpose: Purpose, categories: set[Category], make: object) -> object:
        asked.append((to, purpose, categories))
        return lambda *_, **__: {}

    monkeypatch.setattr(egress, "client", client)
    mail.delete_suppressed_address(ADDRESS)
    assert asked == [(Recipient.AWS, Purpose.LEGAL_OBLIGATION, {Category.EMAIL})]
