"""The page of yearly figures in a browser: phone, desktop, dark, paper. Pictures: build/pages."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from chalicelib.core.languages import Language
from chalicelib.operations.reports.page import page as year_page
from infra.local.chromium import DESKTOP, PHONE, Browser
from tests.support.pages.layout import SCREENS, SMALL_PHONE, check_colours, check_print, check_width
from tests.support.pages.year_figures import a_year

pytestmark = pytest.mark.promise("RGT-10")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("year") / "year.html"
    path.write_text(year_page(a_year(last=date(2026, 11, 26))), encoding="utf-8")
    return path


def test_nothing_of_the_figures_is_wider_than_the_screen(chromium: Browser, page: Path) -> None:
    for screen in (PHONE, DESKTOP, SMALL_PHONE):
        chromium.show(page, screen)
        check_width(chromium, screen)


def test_figures_are_drawn_in_the_colours_that_the_reader_prefers(chromium: Browser, page: Path) -> None:
    for name, screen in SCREENS.items():
        chromium.show(page, screen)
        check_colours(chromium, screen, f"year-{name}")
    check_print(chromium)


@pytest.mark.promise("SEC-1")
def test_page_of_figures_asks_for_nothing_and_has_no_script(chromium: Browser, page: Path) -> None:
    chromium.show(page, PHONE)
    assert chromium.asked == [page.as_uri()]
    assert chromium.value("document.scripts.length") == 0
    assert "default-src 'none'" in chromium.value("document.querySelector('meta[http-equiv]').content")


def test_each_language_has_its_part_and_its_own_numbers(chromium: Browser, page: Path) -> None:
    chromium.show(page, DESKTOP)
    wanted = {
        Language.ENGLISH: ("3,120", "All rights", "up to 26 November 2026", "A court ordered it"),
        Language.SERBIAN_LATIN: ("3.120", "Sva prava", "do 26. novembra 2026", "Naredio je sud"),
        Language.SERBIAN_CYRILLIC: ("3.120", "Сва права", "до 26. новембра 2026", "Наредио"),
    }
    for language, texts in wanted.items():
        seen = chromium.value(f"document.getElementById('{language}').innerText")
        assert [text for text in texts if text not in seen] == []
