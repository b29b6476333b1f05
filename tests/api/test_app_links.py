"""Links that open our apps, codes that phones fill in, and what pages say without an app (ADR 82)."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from chalicelib.core.languages import Language
from chalicelib.core.phrases import in_script, to_cyrillic
from chalicelib.core.settings import settings
from tests.support.cases.guests import asks
from tests.support.pages.reading import parts_of
from tests.support.world.builders import a_phone
from tests.support.world.contract import committed
from tests.support.world.limits import configure
from tests.support.world.world import World

APPLE, ANDROID = "/.well-known/apple-app-site-association", "/.well-known/assetlinks.json"
FINGERPRINTS = [":".join([byte] * 32) for byte in ("5F", "0A")]
LINES = ["FA+9qCX9VSu", "@api.ru4m.com #"]


@pytest.fixture
def apps() -> None:
    """Set what a stage with apps sets."""
    configure(
        APP_DOMAIN="api.ru4m.com",
        APP_ANDROID_HASH="FA+9qCX9VSu",
        APP_APPLE_IDS="ABCDE12345.com.ru4m.app,ABCDE12345.com.ru4m.beta",
        APP_ANDROID_PACKAGE="com.ru4m.app",
        APP_ANDROID_CERTIFICATES=",".join(FINGERPRINTS),
    )


@pytest.mark.usefixtures("apps")
def test_document_for_ios_names_the_apps_and_the_paths_that_they_open(world: World) -> None:
    reply = world.call("GET", APPLE)
    ids = ["ABCDE12345.com.ru4m.app", "ABCDE12345.com.ru4m.beta"]
    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    assert reply.json == {
        "applinks": {"details": [{"appIDs": ids, "components": [{"/": "/c"}, {"/": "/privacy/request"}]}]},
        "webcredentials": {"apps": ids},
    }


@pytest.mark.usefixtures("apps")
def test_document_for_android_is_a_list_of_one_statement_with_rules(world: World) -> None:
    reply = world.call("GET", ANDROID)
    all_urls = "delegate_permission/common.handle_all_urls"
    rules = {"dynamic_app_link_components": [{"/": "/c"}, {"/": "/privacy/request"}]}
    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    assert reply.json == [
        {
            "relation": [all_urls],
            "target": {
                "namespace": "android_app",
                "package_name": "com.ru4m.app",
                "sha256_cert_fingerprints": FINGERPRINTS,
            },
            "relation_extensions": {all_urls: rules},
        }
    ]


def test_stage_without_apps_associates_none(world: World) -> None:
    assert world.call("GET", APPLE).json == {"applinks": {"details": []}, "webcredentials": {"apps": []}}
    assert world.call("GET", ANDROID).json == []


@pytest.mark.promise("RGT-6")
@pytest.mark.usefixtures("apps")
def test_app_opens_contact_codes_and_receipts_and_no_other_page(world: World) -> None:
    (details,) = world.call("GET", APPLE).json["applinks"]["details"]
    opened = {component["/"] for component in details["components"]}
    pages = {
        path
        for path, methods in committed()["paths"].items()
        for operation in methods.values()
        if any("text/html" in answer.get("content", {}) for answer in operation["responses"].values())
    }
    assert opened == {"/c", "/privacy/request"}
    assert pages - opened >= {"/privacy/unsubscribe/{token}", "/privacy/delete", "/privacy/policy"}
    assert opened < pages
    link = world.a_user().calls("POST", "/v1/contact-codes").json["link"]
    assert link.removeprefix(settings().issuer).partition("#")[0] in opened


def signs_up(world: World, phone: str) -> None:
    world.asks_for_a_code(phone)


def steps_up(world: World, phone: str) -> None:
    world.a_user(phone).asks_to_step_up()


def changes_the_number(world: World, phone: str) -> None:
    world.a_user().is_stepped_up().asks_for_number(phone)


def asks_as_a_guest(world: World, phone: str) -> None:
    asks(world, phone=phone)


@pytest.mark.usefixtures("apps")
@pytest.mark.parametrize("ask", [signs_up, steps_up, changes_the_number, asks_as_a_guest])
def test_each_text_with_a_code_ends_in_the_lines_of_both_systems(
    world: World, ask: Callable[[World, str], None]
) -> None:
    phone = a_phone()
    ask(world, phone)
    text = world.messages_to(phone)[-1]
    assert text.split("\n")[1:] == [LINES[0], LINES[1] + world.code_for(phone)]
    assert parts_of(text) == 1


@pytest.mark.usefixtures("apps")
def test_warning_by_text_and_mail_with_a_code_have_no_such_line(world: World) -> None:
    mila = world.a_user()
    mila.has_email("mila@test.example")
    warning = world.messages_to(mila.phone)[-1]
    assert not re.search(r"\d{6}", warning)
    (mail,) = [text for text in world.mails_to("mila@test.example") if re.search(r"\b\d{6}\b", text)]
    for text in (warning, mail):
        assert not [line for line in LINES if line in text]


def test_text_without_apps_has_no_such_line(world: World) -> None:
    phone = a_phone()
    world.asks_for_a_code(phone)
    assert "\n" not in world.messages_to(phone)[-1]


@pytest.mark.parametrize("language", Language)
def test_contact_page_says_what_happens_with_and_without_the_app(world: World, language: Language) -> None:
    page = world.call("GET", "/c").text
    (section,) = re.findall(rf'<section lang="{language}">(.*?)</section>', page)
    first, second = re.findall("<p>(.*?)</p>", section)
    serbian = ("Sa aplikacijom RU4M: ", "Bez aplikacije: ")
    said = serbian if language.is_serbian else ("With the RU4M app: ", "Without the app: ")
    assert first.startswith(in_script(said[0], language))
    assert second.startswith(in_script(said[1], language))
    assert "href" not in page  # there is no store to link to


OPENED = {
    "en": "can open the app",
    "sr-Latn": "može da otvori aplikaciju",
    "sr-Cyrl": "може да отвори апликацију",
}


NO_APP = {
    "en": "You need neither the app nor an account.",
    "sr-Latn": "Ne trebaju Vam ni aplikacija ni nalog.",
    "sr-Cyrl": to_cyrillic("Ne trebaju Vam ni aplikacija ni nalog."),
}


@pytest.mark.parametrize(("language", "words"), OPENED.items(), ids=OPENED)
def test_pages_do_not_promise_that_a_link_opens_the_app(world: World, language: str, words: str) -> None:
    """Phones without our document, and stages without a domain, open the browser."""
    page = world.call("GET", "/c").text
    (section,) = re.findall(rf'<section lang="{language}">(.*?)</section>', page)
    assert words in section
    receipt = world.call("GET", f"/privacy/request?language={language}").text
    assert words in receipt
    assert NO_APP[language] in receipt
