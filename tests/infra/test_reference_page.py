"""The API reference in a browser: phone, desktop, dark. Pictures: build/pages."""

from pathlib import Path

import pytest

from chalicelib.site.about.reference import reference_page
from infra.local.chromium import DESKTOP, PHONE, Browser, Screen
from tests.support.pages.layout import SCREENS, SMALL_PHONE, check_colours, check_width


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("reference") / "reference.html"
    path.write_text(reference_page(), encoding="utf-8")
    return path


@pytest.mark.parametrize("screen", [PHONE, DESKTOP, SMALL_PHONE], ids=lambda s: str(s.width))
def test_reference_fits_the_screen_and_loads_nothing(chromium: Browser, page: Path, screen: Screen) -> None:
    chromium.show(page, screen)
    check_width(chromium, screen)
    chromium.value("document.querySelectorAll('details').forEach(one => { one.open = true })")
    check_width(chromium, screen)
    assert chromium.asked == [page.as_uri()]


@pytest.mark.parametrize("name", ["phone", "desktop-dark"])
def test_reference_is_drawn_in_the_colours_that_the_reader_prefers(
    chromium: Browser, page: Path, name: str
) -> None:
    chromium.show(page, SCREENS[name])
    check_colours(chromium, SCREENS[name], f"reference-{name}")
