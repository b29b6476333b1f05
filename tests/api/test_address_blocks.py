"""The share of an address block in a debt of unverified codes (ADR 70)."""

import pytest

from chalicelib.core.clock import HOUR, MINUTE
from tests.api.test_sms_budgets import COUNTRY, assert_refused, debt
from tests.support.cases.guests import asks, requests
from tests.support.clouds import cloud
from tests.support.world.builders import a_device, a_phone, an_address
from tests.support.world.limits import allow
from tests.support.world.world import World

HERE, ELSEWHERE = "198.51.100.7", "192.0.2.1"
pytestmark = pytest.mark.promise("ACC-2")


@pytest.fixture(autouse=True)
def ten_texts() -> None:
    """Limit a country to ten texts an hour, of which six are free, and a block's share to two."""
    figures = {"codes_unverified_country_hour": 10, "codes_mailed_to_guests_hour": 10}
    allow(**figures, codes_block_least=2, codes_per_number_short=50)


def admitted(world: World, address: str) -> int:
    """Request codes from an address until one is refused for its block; returns how many were sent."""
    for sent in range(20):
        if (reply := world.asks_for_a_code(a_phone(), address=address)).status == 429:
            assert_refused(reply, "codes_per_address", HOUR)
            return sent
    raise AssertionError("no code was refused")


def test_block_over_its_share_leaves_the_rest_to_other_blocks(world: World) -> None:
    assert [admitted(world, address) for address in (HERE, "198.51.100.8", ELSEWHERE)] == [6, 0, 2]
    world.advance(HOUR)
    assert world.asks_for_a_code(a_phone(), address=HERE).status == 202


def test_verified_codes_of_a_block_raise_its_share(world: World) -> None:
    allow(codes_unverified_country_hour=20)
    for _ in range(2):
        phone = a_phone()
        asked = world.asks_for_a_code(phone, address=HERE)
        world.verifies(asked.json["challenge_id"], world.code_for(phone))
    assert admitted(world, ELSEWHERE) == 13  # the two verified codes earned the country one text
    assert admitted(world, HERE) == 4


def test_networks_of_one_ipv6_site_have_one_share(world: World) -> None:
    assert [admitted(world, f"2001:db8:1:{n}::1") for n in range(2)] == [6, 0]
    assert admitted(world, "2001:db8:2::1") == 2


def test_refused_text_of_a_block_counts_nowhere_and_reveals_no_owner(world: World) -> None:
    mila = world.a_user()
    admitted(world, HERE)
    before, calls, answers = debt(COUNTRY), [], []
    for phone in (mila.phone, a_phone()):
        with cloud.counted() as made:
            answers.append(world.asks_for_a_code(phone, address=HERE).json | {"request_id": ""})
        calls.append(made)
    assert (debt(COUNTRY), answers[0], calls[0]) == (before, answers[1], calls[1])


def test_known_device_in_a_block_over_its_share_gets_a_code(world: World) -> None:
    device = a_device()
    mila = world.a_user(device=device)
    admitted(world, HERE)
    assert world.asks_for_a_code(mila.phone, device, address=HERE).status == 202


def test_resends_count_for_the_address_block(world: World) -> None:
    allow(codes_per_address=2)
    path = f"/v1/signup/{world.asks_for_a_code(a_phone()).json['challenge_id']}/resend"
    world.advance(MINUTE)
    assert world.call("POST", path).status == 202
    world.advance(2 * MINUTE)
    assert_refused(world.call("POST", path), "codes_per_address", 2 * MINUTE)


def test_block_has_a_share_of_the_mail_to_guests(world: World) -> None:
    requests(world, email=an_address(), address=HERE)
    assert debt("code_count#codes_mailed_to_guests") == 0
    networks = [HERE] * 7 + [ELSEWHERE] * 3
    replies = [asks(world, email=an_address(), address=address) for address in networks]
    assert_refused(replies[6], "codes_per_address", HOUR)
    assert [reply.status for reply in replies[7:]] == [202, 202, 429]
