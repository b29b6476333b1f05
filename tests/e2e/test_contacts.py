"""Tests contacts, invitations and blocks on the deployed functions, with IAM enforced."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
import requests
from stream_chat import StreamChat

from infra.local.cloud import LocalCloud
from infra.local.tour.phone import Phone
from infra.local.waiting import until

NewPhone = Callable[[], Phone]


@pytest.fixture
def jovan(a_phone: NewPhone) -> Phone:
    phone = a_phone()
    phone.sign_up("Jovan")
    return phone


@pytest.fixture
def vera(a_phone: NewPhone) -> Phone:
    phone = a_phone()
    phone.sign_up("Vera")
    return phone


def blocked_at_stream(cloud: LocalCloud, phone: Phone) -> list[str]:
    stream = cloud.stream
    server = StreamChat(stream.api_key, stream.secret, base_url=stream.url)
    return [block["blocked_user_id"] for block in server.get_blocked_users(phone.user_id)["blocks"]]


def at_stream(cloud: LocalCloud, *phones: Phone) -> None:
    for phone in phones:
        until(partial(cloud.sent_to_stream, phone.user_id), "the user at Stream", seconds=20)


def test_two_users_become_contacts_by_a_code_and_part(jovan: Phone, vera: Phone) -> None:
    code = jovan.make_contact_code()
    assert vera.add_contact(code).body == {"user_id": jovan.user_id, "display_name": "Jovan"}
    assert (jovan.contacts(), vera.contacts()) == ([vera.user_id], [jovan.user_id])
    assert jovan.call("DELETE", f"/v1/contacts/{vera.user_id}").status == 204
    assert vera.contacts() == []
    assert jovan.call("DELETE", "/v1/contact-codes").status == 204
    assert vera.add_contact(code).problem == "wrong_contact_code"


def test_page_behind_a_link_is_served_without_a_token(jovan: Phone) -> None:
    page = requests.get(f"{jovan.api_url}/c", timeout=30)
    assert page.status_code == 200
    assert page.headers["Content-Type"].startswith("text/html")
    assert "<script" not in page.text


@pytest.mark.parametrize("decision", ["accept", "decline"])
def test_invitation_waits_until_its_recipient_decides(jovan: Phone, vera: Phone, decision: str) -> None:
    jovan.invite(vera)
    (waiting,) = vera.invitations()
    assert waiting["sender"]["user_id"] == jovan.user_id
    decided = vera.call("POST", f"/v1/invitations/{waiting['invitation_id']}/{decision}")
    assert decided.status == (200 if decision == "accept" else 204)
    assert vera.invitations() == []
    assert vera.contacts() == ([jovan.user_id] if decision == "accept" else [])


def test_block_ends_the_contact_here_and_is_set_at_stream(
    cloud: LocalCloud, jovan: Phone, vera: Phone
) -> None:
    at_stream(cloud, jovan, vera)
    vera.add_contact(jovan.make_contact_code())
    jovan.block(vera)
    assert (jovan.contacts(), vera.contacts()) == ([], [])
    assert vera.call("GET", f"/v1/users/{jovan.user_id}").problem == "not_found"
    assert [one["user_id"] for one in jovan.call("GET", "/v1/blocks").body["items"]] == [vera.user_id]
    until(lambda: blocked_at_stream(cloud, jovan) == [vera.user_id], "the block at Stream", seconds=20)
    jovan.lift_block(vera)
    until(lambda: blocked_at_stream(cloud, jovan) == [], "the end of the block at Stream", seconds=20)
    assert vera.call("GET", f"/v1/users/{jovan.user_id}").status == 200


def test_block_takes_effect_while_stream_is_down(cloud: LocalCloud, jovan: Phone, vera: Phone) -> None:
    at_stream(cloud, jovan, vera)
    cloud.stream.fault(path="/users/block", status=503, times=1000)
    jovan.block(vera)
    assert vera.call("GET", f"/v1/users/{jovan.user_id}").problem == "not_found"
    cloud.stream.clear_faults()


@pytest.mark.promise("SEC-1")
def test_logs_of_contacts_name_no_code_and_no_user(cloud: LocalCloud, jovan: Phone, vera: Phone) -> None:
    code = jovan.make_contact_code()
    vera.add_contact(code)
    jovan.block(vera)
    until(lambda: any("PUT /v1/blocks" in line for line in cloud.log_lines("contacts")), "the last log line")
    logged = "".join(cloud.log_lines("contacts"))
    assert not [word for word in (code, jovan.user_id, vera.user_id, vera.number) if word in logged]
