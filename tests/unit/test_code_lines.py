"""The lines that end a text with a code, from which phones fill it in (ADR 82)."""

import re

import pytest

from chalicelib.accounts.challenges.messages import code_text
from chalicelib.core.apps import Apps, of_stage
from chalicelib.core.languages import Language
from tests.support.pages.reading import parts_of

BOTH = Apps(domain="api.ru4m.com", android_hash="FA+9qCX9VSu")


def bound_code(message: str) -> tuple[str, str] | None:
    """The host and the code of a message, as WICG's sms-one-time-codes parses its last line."""
    last = message.replace("\r\n", "\n").replace("\r", "\n").split("\n")[-1]
    found = re.match(r"@([^\t\n\f\r ]+) #([^\t\n\f\r ]+)", last)
    return (found[1], found[2]) if found else None


@pytest.mark.parametrize("language", Language)
def test_text_with_both_lines_has_one_part(language: Language) -> None:
    text = code_text("123456", language, BOTH)
    assert parts_of(text) == 1
    assert len(text.encode()) <= 140  # the most that Android gives to an app, whatever it counts


@pytest.mark.parametrize("language", Language)
def test_last_line_binds_the_code_to_our_host(language: Language) -> None:
    assert bound_code(code_text("123456", language, BOTH)) == ("api.ru4m.com", "123456")


@pytest.mark.parametrize("language", Language)
def test_hash_has_a_line_of_its_own_before_that_of_ios(language: Language) -> None:
    said, android, ios = code_text("123456", language, BOTH).split("\n")
    assert (android, ios) == ("FA+9qCX9VSu", "@api.ru4m.com #123456")
    assert said == code_text("123456", language, Apps())


def test_each_line_stands_alone_and_none_is_left_empty() -> None:
    assert Apps(android_hash="FA+9qCX9VSu").lines("123456") == ("FA+9qCX9VSu",)
    assert Apps(domain="api.ru4m.com").lines("123456") == ("@api.ru4m.com #123456",)
    assert "\n" not in code_text("123456", "en", Apps())


def test_people_and_phones_read_the_same_code() -> None:
    codes = re.findall(r"\d{6}", code_text("042042", "sr-Cyrl", BOTH))
    assert codes == ["042042", "042042"]


def test_apps_of_a_stage_are_read_from_variables() -> None:
    assert of_stage({}) == Apps()
    given = {
        "RU4M_APP_DOMAIN": "ru4m.com",
        "RU4M_APP_APPLE_IDS": "A.b,C.d",
        "RU4M_APP_ANDROID_CERTIFICATES": "",
    }
    assert of_stage(given) == Apps(domain="ru4m.com", apple_ids=("A.b", "C.d"))
