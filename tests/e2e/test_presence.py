"""Tests that a contact sees a user online only if the user decided so (STR-10, ADR 111)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from infra.local.cloud import LocalCloud
from infra.local.js import ChatClient, ChatClients
from infra.local.tour.phone import Phone
from infra.local.waiting import until

pytestmark = [pytest.mark.node, pytest.mark.promise("STR-10")]

SECONDS = 30.0
CHANGED = "user.presence.changed"


@pytest.fixture
def clients(cloud: LocalCloud) -> Iterator[ChatClients]:
    with ChatClients(cloud.stream.url, cloud.stream.api_key) as clients:
        yield clients


@pytest.fixture
def mila(cloud: LocalCloud, a_phone: Callable[[], Phone]) -> Phone:
    return at_stream(cloud, a_phone(), "Mila")


@pytest.fixture
def vera(cloud: LocalCloud, a_phone: Callable[[], Phone], mila: Phone) -> Phone:
    """Return a contact of Mila."""
    vera = at_stream(cloud, a_phone(), "Vera")
    assert vera.add_contact(mila.make_contact_code()).status == 201
    return vera


def at_stream(cloud: LocalCloud, phone: Phone, name: str) -> Phone:
    phone.sign_up(name)
    until(partial(cloud.sent_to_stream, phone.user_id), "the user at Stream", SECONDS)
    return phone


def connect(clients: ChatClients, phone: Phone) -> ChatClient:
    return clients.connect(phone.user_id, phone.chat_token)


def stored(cloud: LocalCloud, phone: Phone, **fields: object) -> None:
    """Wait until Stream has these fields of a user."""
    until(lambda: fields.items() <= cloud.stream.user(phone.user_id).items(), f"{fields} at Stream", SECONDS)


def test_hidden_user_is_offline_to_a_watching_contact(
    cloud: LocalCloud, clients: ChatClients, mila: Phone, vera: Phone
) -> None:
    stored(cloud, mila, invisible=True)
    cid = vera.open_conversation(mila)["cid"]
    watching = connect(clients, vera)
    assert watching.watch(cid, presence=True)["online"] == []
    for change in ({"display_name": "Mila P."}, {"display_name": "Mila Q."}):
        here = connect(clients, mila)
        assert here.watch(cid)["members"] == sorted((mila.user_id, vera.user_id))
        mila.change_profile(**change)
        stored(cloud, mila, name=change["display_name"])
        assert watching.watch(cid, presence=True)["online"] == []
        here.disconnect()
    assert CHANGED not in [event["type"] for event in watching.events()]


def test_user_who_decided_to_be_seen_is_online_to_a_watching_contact(
    cloud: LocalCloud, clients: ChatClients, mila: Phone, vera: Phone
) -> None:
    mila.change_profile(online_visible=True)
    stored(cloud, mila, invisible=False)
    cid = vera.open_conversation(mila)["cid"]
    watching = connect(clients, vera)
    watching.watch(cid, presence=True)
    here = connect(clients, mila)
    event = watching.wait_for_event(CHANGED)
    assert (event["user"]["id"], event["user"]["online"]) == (mila.user_id, True)
    mila.change_profile(online_visible=False)
    event = watching.wait_for_event(CHANGED)
    assert (event["user"]["id"], event["user"]["online"]) == (mila.user_id, False)
    here.disconnect()


def test_client_that_shows_its_user_is_put_right(
    cloud: LocalCloud, clients: ChatClients, mila: Phone, vera: Phone
) -> None:
    cid = vera.open_conversation(mila)["cid"]
    watching = connect(clients, vera)
    watching.watch(cid, presence=True)
    cloud.stream.choose(house_rules=False)  # which records that a client sent a profile
    here = clients.connect(mila.user_id, mila.chat_token, profile={"invisible": False})
    cloud.stream.choose(house_rules=True)
    assert watching.wait_for_event(CHANGED)["user"]["online"] is True
    assert watching.wait_for_event(CHANGED, timeout=60)["user"]["online"] is False
    stored(cloud, mila, invisible=True)
    here.disconnect()
