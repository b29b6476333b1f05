"""The messages of an erasure say what happens, when, and how to stop it, in both languages."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib.core.ids import MailId, RightsRequestId
from chalicelib.messages import mail
from chalicelib.messages.mail import Mail
from chalicelib.privacy.purposes import Purpose
from chalicelib.rights.erasure import messages
from tests.support.html import read
from tests.support.world import NOON

pytestmark = [pytest.mark.promise("RGT-3"), pytest.mark.promise("RGT-10")]

REQUEST = RightsRequestId("r_01jdd4f3v0qk7m8x2c5t9w6zre")
RECEIPT = "1." + "Rec-ipt_" * 5 + "123"
LINK = f"https://test.ru4m.example/v1/receipt#{REQUEST}.{RECEIPT}"
UNTIL = NOON + timedelta(days=7, hours=11, minutes=30)  # in Belgrade, the day after
TO = "mila@example.com"

# The default alphabet of GSM 03.38; a message with any other character has 70 characters instead of 160.
GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
TWO_PARTS = 2 * 153

MAILS: dict[str, Callable[[str | None], Mail]] = {
    "confirmation": lambda locale: messages.confirmation_mail(MailId.new(), TO, locale, LINK, UNTIL),
    "erased": lambda locale: messages.erased_mail(MailId.new(), TO, locale, LINK),
}
TEXTS: dict[str, Callable[[str | None], str]] = {
    "confirmation": lambda locale: messages.confirmation_text(locale, LINK, UNTIL),
    "erased": lambda locale: messages.erased_text(locale, LINK),
}


def bodies(letter: Mail) -> dict[str, str]:
    found = mail._request(letter, Purpose.LEGAL_OBLIGATION)["Content"]["Simple"]["Body"]
    return {part: content["Data"] for part, content in found.items()}


def test_link_has_the_receipt_in_its_fragment_only() -> None:
    made = messages.link(REQUEST, RECEIPT)
    sent, fragment = made.split("#")
    assert sent.startswith("https://")
    assert sent.endswith("/v1/receipt")
    assert fragment == f"{REQUEST}.{RECEIPT}"


@pytest.mark.parametrize("kind", MAILS)
@pytest.mark.parametrize("locale", ["sr", "en", "sr-Latn-RS", "de", None])
def test_mail_contains_the_link_once_and_no_placeholder(kind: str, locale: str | None) -> None:
    letter = MAILS[kind](locale)
    parts = bodies(letter)
    assert parts["Text"].count(LINK) == 1
    assert not re.search(r"[{}]", parts["Text"] + letter.subject)
    assert letter.language == ("sr" if (locale or "").startswith("sr") else "en")


@pytest.mark.parametrize("kind", MAILS)
@pytest.mark.parametrize("locale", ["sr", "en"])
def test_html_part_of_a_mail_has_exactly_the_link_and_shows_it(kind: str, locale: str) -> None:
    found = read(bodies(MAILS[kind](locale))["Html"].replace("<hr>", ""))
    assert found.attributes("href") == [LINK]
    assert found.texts.count(LINK) == 1


@pytest.mark.parametrize("locale", ["sr", "en"])
def test_confirmation_states_the_day_on_which_the_deletion_begins(locale: str) -> None:
    assert "2026-12-02" in bodies(MAILS["confirmation"](locale))["Text"]
    assert "2026-12-02" in TEXTS["confirmation"](locale)


@pytest.mark.parametrize("locale", ["sr", "en"])
def test_confirmation_says_how_to_cancel_and_what_to_do_if_it_was_another_person(locale: str) -> None:
    text = bodies(MAILS["confirmation"](locale))["Text"]
    for said in {"sr": ("otkaž", "niste tražili"), "en": ("cancel", "did not ask")}[locale]:
        assert said in text


@pytest.mark.parametrize("kind", MAILS)
@pytest.mark.parametrize("locale", ["sr", "en"])
def test_message_contains_no_address_and_no_id_beyond_the_link(kind: str, locale: str) -> None:
    parts = (*bodies(MAILS[kind](locale)).values(), MAILS[kind](locale).subject, TEXTS[kind](locale))
    for part in parts:
        rest = part.replace(LINK, "")
        assert TO not in rest
        assert REQUEST not in rest
        assert not re.search(r"\b[aurp]_[0-9a-z]{26}", rest)


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("locale", ["sr", "en", None])
def test_text_message_is_short_has_the_link_once_and_no_placeholder(kind: str, locale: str | None) -> None:
    text = TEXTS[kind](locale)
    assert text.count(LINK) == 1
    assert not re.search(r"[{}]", text)
    assert set(text) <= GSM
    assert len(text) <= TWO_PARTS


@pytest.mark.parametrize("locale", ["sr", "en"])
def test_link_in_a_text_message_ends_with_a_space_or_the_message(locale: str) -> None:
    for made in TEXTS.values():
        assert re.search(re.escape(LINK) + r"( |$)", made(locale))


@pytest.mark.promise("SEC-1")
def test_representation_of_a_mail_hides_the_link() -> None:
    assert RECEIPT not in repr(MAILS["erased"]("en"))
