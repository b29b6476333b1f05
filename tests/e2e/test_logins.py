"""Username and password at the deployed service, with the role of its function (ACC-3, ADR 106)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.local.cloud import LocalCloud
from infra.local.tour.phone import Phone, PhoneAnswer

NAME, PASSWORD = "vidra.na.reci", "sedam vidri pliva"


def logs_in(phone: Phone, password: str = PASSWORD) -> PhoneAnswer:
    """Log in on the device of a phone."""
    device = {"device_id": phone.device_id, "platform": "android"}
    body = {"username": NAME, "password": password, "device": device}
    return phone.call("POST", "/v1/login", body, token="")


@pytest.mark.proof
@pytest.mark.promise("ACC-3")
def test_password_opens_the_known_phone_and_needs_a_code_on_another(
    cloud: LocalCloud, numbers: Iterator[str]
) -> None:
    number = next(numbers)
    mila, other = (Phone(cloud.state.api_url, number, cloud.texts_to) for _ in range(2))
    mila.sign_up()
    mila.step_up()
    chosen = {"username": NAME, "password": PASSWORD}
    assert mila.call("PUT", "/v1/profile/password", chosen).status == 204
    assert mila.call("GET", "/v1/profile").body["username"] == NAME

    assert logs_in(mila, "pogrešna lozinka").problem == "wrong_credentials"
    known = logs_in(mila)
    assert (known.status, known.body["user_id"]) == (200, mila.user_id)

    assert logs_in(other, "pogrešna lozinka").status == 202
    asked = logs_in(other)
    assert asked.status == 202
    opened = other.give_code(asked.body["challenge_id"], other.read_code())
    assert opened.body["user_id"] == mila.user_id

    assert mila.call("PUT", "/v1/profile/password", {**chosen, "username": "vidra.u.vodi"}).status == 204
    assert logs_in(mila).status == 202  # the claim on the former name is gone
    assert mila.call("DELETE", "/v1/profile/password").status == 204
    assert "username" not in mila.call("GET", "/v1/profile").body
