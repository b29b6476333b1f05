"""Tests abuse of the deployed service under its real limits: refusals, admissions and costs.

All requests of a test come from one address, as those of a carrier's subscribers do. Each test has a cloud of
its own, because a test that uses up the limits of the address would refuse the sign-ups of the next one.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterator

import pytest

from chalicelib.core import figures
from chalicelib.core.ids import ChallengeId
from infra.local.cloud import LIMITS_VARIABLE, LocalCloud, local_cloud
from infra.local.tour.phone import Phone, PhoneAnswer

REAL = figures.read(figures.Limits, {})

pytestmark = pytest.mark.proof


@pytest.fixture
def real_cloud() -> Iterator[LocalCloud]:
    """Run a local cloud with real limits."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(LIMITS_VARIABLE, "real")
        with local_cloud() as running:
            yield running


_numbers = itertools.count(30_000_000)


@pytest.fixture
def a_phone(real_cloud: LocalCloud) -> Callable[[], Phone]:
    return lambda: Phone(real_cloud.state.api_url, f"+3816{next(_numbers):08}", real_cloud.texts_to)


def ask(stranger: Phone, number: str) -> PhoneAnswer:
    """Request a code to a number from an unknown device."""
    device = {"device_id": str(uuid.uuid4()), "platform": "android"}
    return stranger.call("POST", "/v1/signup", {"phone": number, "device": device}, token="")


def exercise_and_cancel(phone: Phone) -> PhoneAnswer:
    asked = phone.call("POST", "/v1/rights-requests", {"right": "access"})
    if asked.status == 202:
        phone.call("POST", f"/v1/rights-requests/{asked.body['rights_request_id']}/cancel")
    return asked


def consent_and_withdraw(phone: Phone) -> PhoneAnswer:
    answer = phone.call("PUT", "/v1/consents/analytics", phone.given())
    assert phone.call("PUT", "/v1/consents/analytics", {"state": "withdrawn"}).status == 200
    return answer


def guess(stranger: Phone) -> PhoneAnswer:
    """Submit a code for an invented challenge."""
    body = {"code": "000000", **stranger.shown_notices()}
    return stranger.call("POST", f"/v1/signup/{ChallengeId.new()}/verify", body, token="")


def count_admitted(limit: str, most: int, call: Callable[[], PhoneAnswer], used: int = 0) -> int:
    """Repeat a call until its limit refuses it; returns how often it was admitted.

    Windows are fixed slots of UTC. If the test runs across two slots, twice the figure is admitted.
    """
    for admitted in range(2 * most + 1):
        answer = call()
        if answer.status == 429:
            assert answer.body["limit"] == limit
            assert most <= admitted + used <= 2 * most
            return admitted
    raise AssertionError(f"{limit} refused nothing")


def test_flood_by_one_account_is_stopped_at_its_daily_limits(a_phone: Callable[[], Phone]) -> None:
    flooder, other = a_phone(), a_phone()
    for phone in (flooder, other):
        phone.sign_up("Mila")
        phone.step_up()
    count_admitted("rights_requests", REAL.rights_requests_day, lambda: exercise_and_cancel(flooder))
    count_admitted("consents_given", REAL.consents_given_day, lambda: consent_and_withdraw(flooder))
    assert exercise_and_cancel(other).status == 202
    assert flooder.log_out().status == 204


def test_stranger_in_the_owners_address_block_does_not_lock_her_out(
    real_cloud: LocalCloud, a_phone: Callable[[], Phone]
) -> None:
    owner, stranger = a_phone(), a_phone()
    owner.sign_up("Mila")
    unknown = REAL.unknown_challenges_per_address
    count_admitted("unknown_challenges_per_address", unknown, lambda: guess(stranger))
    short = REAL.codes_per_number_short
    sent = count_admitted("codes_per_number", short, lambda: ask(stranger, owner.number), used=1)
    assert len(real_cloud.texts_to(owner.number)) == sent + 1

    challenge = owner.ask_to_step_up().body["challenge_id"]
    assert owner.give_step_up_code(challenge, owner.read_code()).status == 200
    owner.log_out()
    owner.sign_up()  # from the reserve of her device
    assert owner.call("GET", "/v1/profile").status == 200


def test_codes_per_client_address_are_limited(a_phone: Callable[[], Phone]) -> None:
    stranger, numbers = a_phone(), itertools.count(1_000_000, 70_001)  # of several prefixes
    free = REAL.codes_unverified_country_hour * REAL.codes_block_free_share // 100
    count_admitted("codes_per_address", free, lambda: ask(stranger, f"+38164{next(numbers)}"))
