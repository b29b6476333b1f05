"""Tests the objection to direct marketing on the deployed stack, from a mail to a later consent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from chalicelib.accounts.profiles.service import PROFILE
from chalicelib.accounts.service import OPEN_ACCOUNT
from chalicelib.consents import choices
from chalicelib.consents.marketing import Withheld, send_marketing
from chalicelib.consents.model import Choice, ConsentState
from chalicelib.consents.notices.model import NoticeKind
from chalicelib.consents.notices.service import current
from chalicelib.consents.service import PURPOSES
from chalicelib.core import clock, needs
from chalicelib.messages.suppressions import service as suppressions
from chalicelib.messages.suppressions.service import Addresses
from chalicelib.privacy.purposes import Purpose
from chalicelib.privacy.subject_keys import DATA_KEY
from infra.local.cloud import STAGE, LocalCloud
from infra.local.tour.phone import Phone
from infra.local.waiting import until
from infra.ops import standing_in
from tests.support.clouds.deployed import history
from tests.support.clouds.deployed_subjects import ErasedSubject
from tests.support.world.practices import every_purpose_offered

NEWS = {"en": ("News of RU4M", ("There are new stickers.",))}
BOTH = {Purpose.MARKETING, Purpose.PERSONALISED_ADS}
TIMEOUT = 60.0


def act_as_sender(cloud: LocalCloud) -> None:
    """Let this process send mail, as a function with the keys of a worker of erasures would."""
    names = standing_in.table_names(cloud.account, STAGE).items()
    variables = {f"RU4M_TABLE_{table.upper()}": name for table, name in names}
    standing_in.act_as(cloud.account, STAGE, "erase_accounts", variables)


@pytest.fixture(autouse=True)
def every_consent_counts() -> Iterator[None]:
    """Let the sender, which is this process, use consents to marketing: no practice does yet."""
    with every_purpose_offered():
        yield


def agree_to_news(phone: Phone) -> None:
    """Store a consent to marketing as the route does for a purpose that is offered."""
    (found,) = needs.read_accounts([phone.account_id], (OPEN_ACCOUNT, PROFILE, PURPOSES, DATA_KEY))
    given = Choice(Purpose.MARKETING, ConsentState.GIVEN, current(NoticeKind.PRIVACY).version)
    profile = found[PROFILE]
    choices.decide(
        found[OPEN_ACCOUNT],
        found[PURPOSES],
        found[DATA_KEY],
        given,
        mailbox=profile.email if profile else None,
    )


def sends(phone: Phone) -> Withheld | None:
    return send_marketing(phone.account_id, NEWS)


def news_to(cloud: LocalCloud, address: str) -> list[str]:
    return [mail.text for mail in cloud.mails_to(address) if "stickers" in mail.text]


def suppressed(subject: ErasedSubject) -> list[set[Purpose]]:
    places = (Addresses(subject.phone.number), Addresses(email=subject.address))
    return [set(suppressions.suppressed(place)) for place in places]


def link_in(text: str, api_url: str) -> str:
    found = re.search(r"/privacy/unsubscribe/[0-9A-Za-z_-]+", text)
    assert found, text
    return api_url.rstrip("/") + found.group()


def click(link: str, media: dict[str, Any] | None = None) -> requests.Response:
    """Send the form of RFC 8058, as a mail program does."""
    form = {"List-Unsubscribe": "One-Click"}
    return requests.post(link, **(media or {"data": form}), timeout=30)


@pytest.mark.proof
@pytest.mark.promise("RGT-6", "RGT-7", "USE-5")
def test_objection_by_a_link_outlives_the_erasure_until_a_later_consent(
    cloud: LocalCloud, numbers: Any
) -> None:
    number = next(numbers)
    phone = Phone(cloud.state.api_url, number, cloud.texts_to)
    subject = ErasedSubject(cloud, phone, f"gordana.{number.lstrip('+')}@inbox.example")
    subject.signs_up()
    act_as_sender(cloud)
    assert phone.call("PUT", "/v1/consents/marketing", phone.given()).problem == "not_offered"
    agree_to_news(phone)

    assert sends(phone) is None
    link = link_in(news_to(cloud, subject.address)[-1], cloud.state.api_url)
    page = requests.get(link, timeout=30)
    assert (page.status_code, "Stop marketing" in page.text) == (200, True)
    assert sends(phone) is None  # opening the page changed nothing
    assert click(link, {"json": {}}).status_code == 415
    clicked = click(link)
    assert (clicked.status_code, clicked.text) == (204, "")
    assert sends(phone) is Withheld.OBJECTED
    assert suppressed(subject) == [BOTH, BOTH]
    (request,) = phone.call("GET", "/v1/rights-requests").body["items"]
    assert (request["right"], request["status"]) == ("marketing_objection", "completed")
    until(
        lambda: "announce_done" in history(cloud, request["rights_request_id"]), "the announcement", TIMEOUT
    )

    agree_to_news(phone)
    assert sends(phone) is None
    asked = phone.call("POST", "/v1/rights-requests", {"right": "consent_withdrawal"})
    assert (asked.status, asked.body["status"]) == (202, "completed")
    assert sends(phone) is Withheld.NO_CONSENT
    asked = phone.call("POST", "/v1/rights-requests", {"right": "marketing_objection"})
    assert (asked.status, asked.body["status"]) == (202, "completed")
    sent = len(news_to(cloud, subject.address))

    erasure = subject.asks("erasure", waive_grace=True)
    assert erasure.wait_for_answer() == "completed"
    erasure.wait_for_step("forget", "done")
    assert suppressed(subject) == [BOTH, BOTH]
    assert click(link).status_code == 204  # the former user, by the link of the old mail

    again = Phone(cloud.state.api_url, number, cloud.texts_to)
    assert again.sign_up("Gordana").body["new_account"]
    assert suppressed(subject) == [BOTH, BOTH]
    assert sends(again) is Withheld.NO_CONSENT
    agree_to_news(again)
    assert suppressed(subject)[0] == {Purpose.PERSONALISED_ADS}
    assert sends(again) is Withheld.NO_ADDRESS
    assert len(news_to(cloud, subject.address)) == sent


@pytest.mark.proof
@pytest.mark.promise("RGT-6", "RGT-7")
def test_letters_entered_by_an_operator_take_effect_at_once(
    cloud: LocalCloud, a_phone: Callable[[], Phone], run: Callable[..., Any]
) -> None:
    phone = a_phone()
    phone.sign_up("Dunja")
    phone.consent("analytics")
    act_as_sender(cloud)
    agree_to_news(phone)
    today = clock.day_of(clock.now()).isoformat()
    letter = ("--user", phone.user_id, "--by", "letter", "--on", today)
    entered = run("alice", "enter", *letter, "--right", "consent_withdrawal", "--purpose", "analytics")
    assert entered.exit_code == 0, entered.output
    entered = run("alice", "enter", *letter, "--right", "marketing_objection")
    assert entered.exit_code == 0, entered.output
    states = {one["purpose"]: one["state"] for one in phone.call("GET", "/v1/consents").body["items"]}
    assert (states["analytics"], states["marketing"]) == ("withdrawn", "withdrawn")
    assert sends(phone) is Withheld.OBJECTED
    assert set(suppressions.suppressed(Addresses(phone.number))) == BOTH
