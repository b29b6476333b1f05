"""The page of a certificate in a browser: phone, desktop, dark, paper. Pictures: build/pages."""

from dataclasses import replace
from pathlib import Path

import pytest

from chalicelib.core.languages import Language
from infra.local.chromium import DESKTOP, PHONE, Browser, Screen
from tests.support.cases import certificates
from tests.support.pages.layout import SCREENS, SMALL_PHONE, check_colours, check_print, check_width

pytestmark = pytest.mark.promise("RGT-3")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("certificate") / "certificate.html"
    path.write_text(
        certificates.a_page(certificates.a_certificate(held=certificates.held_records())), encoding="utf-8"
    )
    return path


@pytest.mark.parametrize("screen", [PHONE, DESKTOP, SMALL_PHONE], ids=lambda s: str(s.width))
def test_nothing_is_wider_than_the_screen(chromium: Browser, page: Path, screen: Screen) -> None:
    chromium.show(page, screen)
    check_width(chromium, screen)


@pytest.mark.promise("RGT-9")
@pytest.mark.parametrize("language", [Language.SERBIAN_LATIN, Language.SERBIAN_CYRILLIC])
@pytest.mark.parametrize("screen", [PHONE, DESKTOP, SMALL_PHONE], ids=lambda s: str(s.width))
def test_certificate_in_serbian_fits_the_screen(
    chromium: Browser, tmp_path: Path, screen: Screen, language: Language
) -> None:
    held = certificates.a_certificate(held=certificates.held_records())
    (page := tmp_path / "certificate.html").write_text(certificates.a_page(held, language), encoding="utf-8")
    chromium.show(page, screen)
    check_width(chromium, screen)
    assert chromium.value("document.documentElement.lang") == language


@pytest.mark.parametrize("name", SCREENS)
def test_certificate_is_drawn_in_the_colours_that_the_reader_prefers(
    chromium: Browser, page: Path, name: str
) -> None:
    chromium.show(page, SCREENS[name])
    check_colours(chromium, SCREENS[name], f"certificate-{name}")


@pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_visible_text_says_what_was_deleted_and_what_stays(
    chromium: Browser, page: Path, screen: Screen
) -> None:
    chromium.show(page, screen)
    seen = chromium.value("document.body.innerText")
    for text in ("Your profile", "at least 4,218", "Stream reported that it was deleted", certificates.KID):
        assert text in seen
    assert "Evidence of consents, under the pseudonym" in seen
    assert chromium.asked == [page.as_uri()]


def test_row_of_a_certificate_on_a_phone_is_a_stack(chromium: Browser, page: Path) -> None:
    cell = "document.querySelector('section[aria-labelledby=deleted] td')"
    shown = f"[getComputedStyle({cell}).display, getComputedStyle({cell}, '::before').content]"
    chromium.show(page, PHONE)
    assert chromium.value(shown) == ["block", '"Data"']
    chromium.show(page, DESKTOP)
    assert chromium.value(shown) == ["table-cell", "none"]


def test_certificate_prints_in_light_colours_and_without_its_navigation(
    chromium: Browser, page: Path
) -> None:
    chromium.show(page, replace(DESKTOP, dark=True))
    check_print(chromium)
