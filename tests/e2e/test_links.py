"""A device that another one signs in by a QR code, at the deployed service (ACC-5, ADR 105)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.local.cloud import LocalCloud
from infra.local.tour.phone import Phone, codes_in

ADDRESS = "mila.linked@inbox.local.ru4m.example"


@pytest.mark.proof
@pytest.mark.promise("ACC-5")
def test_phone_lets_a_device_in_and_signs_it_out_again(cloud: LocalCloud, numbers: Iterator[str]) -> None:
    number = next(numbers)
    phone, tablet = (Phone(cloud.state.api_url, number, cloud.texts_to) for _ in range(2))
    phone.sign_up("Mila")
    challenge = phone.ask_for_email(ADDRESS).body["challenge_id"]
    phone.give_mailed_code(challenge, codes_in(cloud.mails_to(ADDRESS))[-1])
    device = {"device_id": tablet.device_id, "platform": "android", "model": "Pixel 9"}
    link = tablet.call("POST", "/v1/sessions/links", {"device": device}).body
    path, kept = f"/v1/sessions/links/{link['link_id']}", {"secret": link["kept_secret"]}
    assert tablet.call("POST", f"{path}/session", kept).status == 202
    assert phone.call("GET", f"{path}/device").body["model"] == "Pixel 9"
    phone.step_up()
    assert phone.call("POST", f"{path}/confirm", {"secret": link["shown_secret"]}).status == 204
    fetched = tablet.call("POST", f"{path}/session", kept)
    assert fetched.body["user_id"] == phone.user_id
    tablet.session = fetched.body["session"]
    assert tablet.call("GET", "/v1/profile").body["display_name"] == "Mila"
    assert "QR code" in cloud.mails_to(ADDRESS)[-1].text
    assert phone.call("DELETE", "/v1/sessions/others").status == 204
    assert tablet.call("GET", "/v1/profile").problem == "session_ended"
    events = phone.call("GET", "/v1/sessions/events").body["items"]
    assert {one["event"] for one in events} == {
        *("signed_in", "stepped_up", "device_linked", "others_signed_out"),
    }
