"""A publication on the deployed cloud: approved by two people, announced in three languages, in effect."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

from chalicelib.consents.notices import frozen, versions
from chalicelib.consents.notices.model import Notice, NoticeKind
from chalicelib.core import clock
from chalicelib.core.clock import DAY
from chalicelib.core.languages import Language
from infra.local.cloud import LocalCloud
from infra.local.tour.phone import Phone, PhoneAnswer, codes_in

LOCALES = {
    "en": Language.ENGLISH,
    "sr-Latn-RS": Language.SERBIAN_LATIN,
    "sr-Cyrl-RS": Language.SERBIAN_CYRILLIC,
}


def ours(since: timedelta) -> Notice:
    """Return the policy that this checkout froze, as if it had been in effect for some time."""
    (found,) = (one for one in versions.FROZEN if one.kind is NoticeKind.PRIVACY)
    day = clock.now().replace(hour=0, minute=0, second=0) - since
    return found.model_copy(update={"published_at": day - 30 * DAY, "effective_at": day})


@pytest.mark.proof
@pytest.mark.promise("NOT-1")
def test_pages_are_approved_by_two_operators(run: Callable[..., Any]) -> None:
    version = ours(DAY).version
    assert run("alice", "propose", version, group="notices").exit_code == 0
    own = run("alice", "approve", version, group="notices")
    assert (own.exit_code, "own_proposal" in own.output) == (1, True)
    assert run("bob", "approve", version, group="notices").exit_code == 0
    shown = run("alice", "show", version, group="notices").output
    assert (shown.count(ours(DAY).digest), "user/alice" in shown, "user/bob" in shown) == (2, True, True)


@pytest.mark.proof
@pytest.mark.promise("NOT-1", "RET-5", "RGT-7")
def test_policy_of_ours_is_announced_in_three_languages_and_then_in_effect(
    own_cloud: LocalCloud, numbers: Iterator[str]
) -> None:
    own_cloud.publish(ours(-40 * DAY))  # published in ten days: 2024 applies until then
    phones = {locale: a_reader(own_cloud, next(numbers), locale) for locale in LOCALES}
    first = phones["en"]
    assert consent(first).problem == "not_offered"
    assert own_cloud.run("close_idle_accounts")["permitted"] == 0

    own_cloud.announce(ours(DAY))
    for locale, language in LOCALES.items():
        mail = own_cloud.mails_to(address_of(locale))[-1]
        changes = frozen.changes_of(ours(DAY), language)
        assert all(line in str(mail) for line in changes.splitlines()), str(mail)
        (shown,) = (
            phones[locale].call("GET", "/v1/announcements", headers={"Accept-Language": locale}).body["items"]
        )
        assert (shown["changes"], shown["url"].endswith(f"/privacy/policy/{ours(DAY).version}")) == (
            changes,
            True,
        )

    for language in Language:
        page = requests.get(
            f"{own_cloud.state.api_url}/privacy/policy", headers={"Accept-Language": language}, timeout=30
        )
        assert (page.status_code, page.text) == (200, frozen.page(ours(DAY).version, language))
    assert consent(first).status == 200
    assert own_cloud.run("close_idle_accounts")["permitted"] == 1


def consent(phone: Phone) -> PhoneAnswer:
    return phone.call("PUT", "/v1/consents/analytics", phone.given())


def address_of(locale: str) -> str:
    return f"{locale.lower()}@inbox.local.ru4m.example"


def a_reader(cloud: LocalCloud, number: str, locale: str) -> Phone:
    """Sign up a user with a language and a mailbox."""
    phone = Phone(cloud.state.api_url, number, cloud.texts_to)
    phone.sign_up()
    challenge = phone.ask_for_email(address_of(locale)).body["challenge_id"]
    assert phone.give_mailed_code(challenge, codes_in(cloud.mails_to(address_of(locale)))[-1]).status == 200
    assert phone.change_profile(locale=locale).status == 200
    return phone
