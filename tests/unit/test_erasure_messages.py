"""The messages of an erasure say what happens, when, and how to stop it, in each language."""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from chalicelib.core.ids import MailId, RightsRequestId
from chalicelib.core.languages import language_of
from chalicelib.messages import mail
from chalicelib.messages.letters import WrittenMessage
from chalicelib.messages.mail import Mail
from chalicelib.privacy.purposes import Purpose
from chalicelib.rights.erasure import letters
from chalicelib.rights.request import receipts
from chalicelib.rights.request.terms import Right
from tests.support.pages.reading import parts_of, read
from tests.support.world.world import NOON
from tests.unit.test_rights_states import a_request

pytestmark = pytest.mark.promise("RGT-3", "RGT-10")

REQUEST = RightsRequestId("r_01jdd4f3v0qk7m8x2c5t9w6zre")
RECEIPT = "1." + "Rec-ipt_" * 5 + "123"
LINK = f"https://test.ru4m.example/privacy/request#{REQUEST}.{RECEIPT}"
UNTIL = NOON + timedelta(days=7, hours=11, minutes=30)  # in Belgrade, the day after
TO = "mila@example.com"
SAID = {
    "sr": ("otkaž", "niste tražili"),
    "sr-Cyrl": ("откаж", "нисте тражили"),
    "en": ("cancel", "did not ask"),
}


MESSAGES: dict[str, WrittenMessage] = {
    "confirmation": letters.confirmation(LINK, UNTIL),
    "erased": letters.ended(a_request(right=Right.ERASURE), LINK),
}
MAILS: dict[str, Callable[[str | None], Mail]] = {
    kind: partial(message.mail, MailId.new(), TO) for kind, message in MESSAGES.items()
}
TEXTS: dict[str, Callable[[str | None], str]] = {kind: message.text for kind, message in MESSAGES.items()}


def bodies(letter: Mail) -> dict[str, str]:
    found = mail._request(letter, Purpose.LEGAL_OBLIGATION)["Content"]["Simple"]["Body"]
    return {part: content["Data"] for part, content in found.items()}


def test_link_has_the_receipt_in_its_fragment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts, "of", lambda _: RECEIPT)
    made = receipts.link(REQUEST)
    sent, fragment = made.split("#")
    assert sent.startswith("https://")
    assert sent.endswith("/privacy/request")
    assert fragment == f"{REQUEST}.{RECEIPT}"


@pytest.mark.parametrize("kind", MAILS)
@pytest.mark.parametrize("locale", ["sr-Cyrl", "sr", "en", "sr-Latn-RS", "de", None])
def test_mail_contains_the_link_once_and_no_placeholder(kind: str, locale: str | None) -> None:
    letter = MAILS[kind](locale)
    parts = bodies(letter)
    assert parts["Text"].count(LINK) == 1
    assert not re.search(r"[{}]", parts["Text"] + letter.subject)
    assert letter.language == language_of(locale)


@pytest.mark.parametrize("kind", MAILS)
@pytest.mark.parametrize("locale", ["sr-Cyrl", "sr", "en"])
def test_html_part_of_a_mail_has_exactly_the_link_and_shows_it(kind: str, locale: str) -> None:
    found = read(bodies(MAILS[kind](locale))["Html"].replace("<hr>", ""))
    assert found.attributes("href") == [LINK]
    assert found.texts.count(LINK) == 1


@pytest.mark.parametrize(
    ("locale", "day", "short_day"),
    [
        ("sr", "2. decembra 2026.", "2.12.2026."),
        ("sr-Cyrl", "2. децембра 2026.", "2.12.2026."),
        ("en", "2 December 2026", "2 Dec 2026"),
    ],
)
def test_confirmation_states_the_day_on_which_the_deletion_begins(
    locale: str, day: str, short_day: str
) -> None:
    assert day in bodies(MAILS["confirmation"](locale))["Text"]
    assert short_day in TEXTS["confirmation"](locale)


@pytest.mark.parametrize("locale", ["sr-Cyrl", "sr", "en"])
def test_confirmation_says_how_to_cancel_and_what_to_do_if_it_was_another_person(locale: str) -> None:
    text = bodies(MAILS["confirmation"](locale))["Text"]
    for said in SAID[locale]:
        assert said in text


@pytest.mark.parametrize("kind", MAILS)
@pytest.mark.parametrize("locale", ["sr-Cyrl", "sr", "en"])
def test_message_contains_no_address_and_no_id_beyond_the_link(kind: str, locale: str) -> None:
    parts = (*bodies(MAILS[kind](locale)).values(), MAILS[kind](locale).subject, TEXTS[kind](locale))
    for part in parts:
        rest = part.replace(LINK, "")
        assert TO not in rest
        assert REQUEST not in rest
        assert not re.search(r"\b[aurp]_[0-9a-z]{26}", rest)


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("locale", ["sr-Cyrl", "sr", "en", None])
def test_text_message_is_short_has_the_link_once_and_no_placeholder(kind: str, locale: str | None) -> None:
    text = TEXTS[kind](locale)
    assert text.count(LINK) == 1
    assert not re.search(r"[{}]", text)
    assert parts_of(text) == (3 if locale == "sr-Cyrl" else 2)


@pytest.mark.parametrize("locale", ["sr-Cyrl", "sr", "en"])
def test_link_in_a_text_message_ends_with_a_space_or_the_message(locale: str) -> None:
    for made in TEXTS.values():
        assert re.search(re.escape(LINK) + r"( |$)", made(locale))


@pytest.mark.promise("SEC-1")
def test_representation_of_a_mail_hides_the_link() -> None:
    assert RECEIPT not in repr(MAILS["erased"]("en"))
