"""Refusals to clients with the official JavaScript SDK."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from infra.local.js import ChatError
from tests.contract.emulated_app import Refused, phone_refused

if TYPE_CHECKING:
    from tests.contract.conftest import Phones
    from tests.contract.emulated_app import App

pytestmark = pytest.mark.node

NO = Refused(403, 17)
TALK = "messaging:talk"


def test_nonmember_can_neither_read_nor_write(app: App, phones: Phones) -> None:
    app.talk("mila", "vera")
    app.people("zoe")
    zoe = phones.of("zoe")
    assert phone_refused(lambda: zoe.watch(TALK)) == NO
    assert phone_refused(lambda: zoe.send(TALK, "let me in")) == NO
    assert zoe.query_channels({"members": {"$in": ["mila"]}}) == []


def test_unknown_user_is_created_with_the_id_only(app: App, phones: Phones) -> None:
    phones.of("mila")
    mila = app.emulator.user("mila")
    assert mila["state"] == "active"
    assert {"name", "image"}.isdisjoint(mila)


def test_client_connect_does_not_write_the_profile(app: App, phones: Phones) -> None:
    app.people("mila")
    phones.of("mila", name="Somebody Else", email="m@a.example")
    mila = app.emulator.user("mila")
    assert mila["name"] == "Mila"
    assert "email" not in mila
    (violation,) = app.emulator.violations()
    assert violation["principal"] == "client:mila"
    assert violation["fields"] == ["email", "name"]


def test_client_connect_with_a_profile_can_be_refused(app: App, phones: Phones) -> None:
    app.emulator.choose(user_details="refused")
    assert phone_refused(lambda: phones.of("mila", email="m@a.example")) == NO


def test_client_with_stock_grants_writes_its_user(app: App, phones: Phones) -> None:
    app.server.update_app_settings(grants=None)
    phones.of("mila", name="Mila", email="m@a.example")
    assert app.emulator.user("mila")["email"] == "m@a.example"


def test_client_cannot_change_its_profile_later(app: App, phones: Phones) -> None:
    app.people("mila")
    mila = phones.of("mila")
    assert phone_refused(lambda: mila.update_self(name="M")) == NO
    assert phone_refused(lambda: mila.set_self(email="m@a.example")) == NO


def test_client_cannot_search_users_or_create_a_channel(app: App, phones: Phones) -> None:
    app.people("mila", "vera")
    mila = phones.of("mila")
    assert phone_refused(lambda: mila.query_users({"name": {"$autocomplete": "v"}})) == NO
    assert phone_refused(lambda: mila.create_channel("messaging", ["mila", "vera"])) == NO
    assert phone_refused(lambda: mila.create_channel("messaging", ["mila"], channel_id="mine")) == NO


def test_member_cannot_add_a_member(app: App, phones: Phones) -> None:
    app.talk("mila", "vera")
    app.people("zoe")
    mila = phones.of("mila")
    assert phone_refused(lambda: mila.add_members(TALK, "zoe")) == NO
    assert phone_refused(lambda: mila.remove_members(TALK, "vera")) == NO


def test_push_token_is_refused(app: App, phones: Phones) -> None:
    mila = phones.of("mila")
    assert phone_refused(lambda: mila.call("add_device", token="push")) == Refused(400, 4)
    assert app.emulator.violations()[0]["principal"] == "client:mila"


@pytest.mark.parametrize(
    ("claims", "code"),
    [({"life": -1}, 40), ({"age": -60}, 42)],
)
def test_client_with_a_malformed_token_is_refused(
    app: App, phones: Phones, claims: dict[str, int], code: int
) -> None:
    token = app.token("mila", **claims)
    assert phone_refused(lambda: phones.of("mila", token)) == Refused(401, code)


def test_client_with_a_forged_token_is_refused(app: App, phones: Phones) -> None:
    head, body, _ = app.token("mila").split(".")
    forged = f"{head}.{body}.{'A' * 43}"
    assert phone_refused(lambda: phones.of("mila", forged)) == Refused(401, 43)


def test_client_with_another_users_token_is_refused(app: App, phones: Phones) -> None:
    app.people("mila", "vera")
    assert phone_refused(lambda: phones.of("mila", lambda: app.token("vera"))) == Refused(401, 5)


def test_deactivated_client_is_refused(app: App, phones: Phones) -> None:
    app.people("mila")
    app.server.deactivate_user("mila")
    assert phone_refused(lambda: phones.of("mila")) == NO


def test_deleted_client_is_refused(app: App, phones: Phones) -> None:
    app.people("mila")
    app.finish(app.erase("mila"))
    assert phone_refused(lambda: phones.of("mila")) == Refused(404, 16)


def test_client_with_a_revoked_token_requests_a_new_one(app: App, phones: Phones) -> None:
    app.talk("mila", "vera")
    ages = iter([3600, 0])
    given: list[str] = []

    def provider() -> str:
        given.append(app.token("mila", age=next(ages)))
        return given[-1]

    mila = phones.of("mila", provider)
    mila.watch(TALK)
    app.server.revoke_user_token("mila", datetime(2020, 1, 1, tzinfo=UTC))
    mila.send(TALK, "the old token is younger than that")
    assert len(given) == 1
    app.server.revoke_user_token("mila", datetime.now(UTC) - timedelta(minutes=1))
    mila.send(TALK, "with a new token")
    assert len(given) == 2


def test_revoked_client_without_a_new_token_is_refused(app: App, phones: Phones) -> None:
    app.talk("mila", "vera")
    mila = phones.of("mila", app.token("mila", age=3600))
    app.server.revoke_user_token("mila", datetime.now(UTC))
    assert phone_refused(lambda: mila.send(TALK, "hello?")) == Refused(401, 40)


def test_client_fails_if_its_token_provider_refuses(app: App, phones: Phones) -> None:
    app.people("mila")

    def provider() -> str:
        raise PermissionError("the session has ended")

    with pytest.raises(ChatError, match="the session has ended"):
        phones.of("mila", provider)


def test_error_at_connecting_can_be_injected(app: App, phones: Phones) -> None:
    app.emulator.fault(path="/connect", status=403, code=99)
    assert phone_refused(lambda: phones.of("mila")) == Refused(403, 99)


def test_connection_with_a_server_token_is_refused(app: App, phones: Phones) -> None:
    def provider() -> str:
        return app.backend().token

    assert phone_refused(lambda: phones.of("mila", provider)) == Refused(401, 5)


def test_connection_over_the_limit_is_refused(app: App, phones: Phones) -> None:
    app.emulator.choose(limits={"Connect": 1})
    phones.of("mila").disconnect()
    assert phone_refused(lambda: phones.of("mila")) == Refused(429, 9)
