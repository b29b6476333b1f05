"""Tests key rotation on a deployed stage: sessions continue and sealed records open."""

from __future__ import annotations

from collections.abc import Iterator

import jwt
import pytest

from infra.local.cloud import LocalCloud
from infra.local.tour.phone import Phone
from infra.ops.keys.lookup_key import ClaimsLeft, LookupKeys, service_rekey
from infra.ops.keys.stage_key import StageKeys, StillNeeded, service_reseal, service_rewrap
from infra.ops.keys.token_key import SigningKeys


@pytest.fixture
def mila(own_cloud: LocalCloud, numbers: Iterator[str]) -> Phone:
    phone = Phone(own_cloud.state.api_url, next(numbers), own_cloud.texts_to)
    phone.sign_up("Mila")
    return phone


def profile_status(phone: Phone) -> int:
    return phone.call("GET", "/v1/profile").status


def kid_of(phone: Phone) -> str:
    return str(jwt.get_unverified_header(phone.access_token)["kid"])


@pytest.mark.proof
@pytest.mark.promise("ACC-5")
def test_tokens_of_the_old_signing_key_are_accepted_until_it_is_retired(
    own_cloud: LocalCloud, mila: Phone
) -> None:
    old = kid_of(mila)
    idle = Phone(mila.api_url, mila.number, mila.inbox)
    idle.sign_up()  # no cache contains this token, since the gateway did not see it before
    keys = SigningKeys.of(own_cloud.account, "local", lambda _: None)
    new = keys.rotate()
    assert (profile_status(mila), kid_of(mila)) == (200, old)
    mila.refresh()
    assert (profile_status(mila), kid_of(mila)) == (200, new)
    keys.retire(wait=0)
    assert profile_status(mila) == 200
    assert idle.call("GET", "/v1/profile").problem == "unauthenticated"


@pytest.mark.proof
@pytest.mark.night
@pytest.mark.promise("SEC-1")
def test_stage_key_is_rotated_rewrapped_and_retired(own_cloud: LocalCloud, mila: Phone) -> None:
    account = own_cloud.account
    keys = StageKeys.of(account, "local", lambda _: None, settle=lambda: None)
    waiting = Phone(mila.api_url, mila.number, mila.inbox)
    asked = waiting.ask_for_code().body["challenge_id"]
    assert keys.rotate() == "2"
    assert profile_status(mila) == 200
    with pytest.raises(StillNeeded):
        keys.retire()
    assert keys.rewrap(service_rewrap(account, "local")) >= 1
    # None is left, and repeating the command is allowed.
    assert keys.rewrap(service_rewrap(account, "local")) == 0
    reseal = service_reseal(account, "local")
    assert keys.reseal(reseal) >= 1
    assert keys.reseal(reseal) == 0
    assert keys.retire() == ["1"]
    waiting.give_code(asked, waiting.read_code())
    assert mila.call("GET", "/v1/profile").body["display_name"] == "Mila"


@pytest.mark.proof
@pytest.mark.night
@pytest.mark.promise("ACC-1")
def test_known_number_signs_in_during_a_lookup_key_rotation(own_cloud: LocalCloud, mila: Phone) -> None:
    account = own_cloud.account
    keys = LookupKeys.of(account, "local", lambda _: None, settle=lambda: None)

    def signs_in() -> tuple[int, str]:
        again = Phone(mila.api_url, mila.number, mila.inbox)
        return again.sign_up().status, again.user_id

    known = (200, mila.user_id)
    assert signs_in() == known
    assert keys.rotate() == "2"
    assert signs_in() == known
    assert profile_of(mila, of=mila.user_id) == 200
    with pytest.raises(ClaimsLeft):
        keys.retire()
    assert keys.rekey(*service_rekey(account, "local")) >= 2
    assert signs_in() == known
    assert keys.retire() == ["1"]
    assert signs_in() == known
    assert profile_of(mila, of=mila.user_id) == 200


def profile_of(phone: Phone, of: str) -> int:
    return phone.call("GET", f"/v1/users/{of}").status
