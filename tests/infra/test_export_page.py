"""Tests a copy's page in a browser: phone, desktop, dark, paper. Pictures: build/pages."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chalicelib.core.languages import Language
from infra.local.chromium import DESKTOP, PHONE, Browser, Screen
from tests.support.pages import exports
from tests.support.pages.layout import SCREENS, SMALL_PHONE, check_colours, check_print, check_width


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "index.html"
    path.write_text(exports.a_page(), encoding="utf-8")
    return path


def evaluate(chromium: Browser, page: Path, screen: Screen, expression: str) -> Any:
    chromium.show(page, screen)
    return chromium.value(expression)


@pytest.mark.parametrize("screen", [PHONE, DESKTOP, SMALL_PHONE], ids=lambda s: str(s.width))
def test_no_element_is_wider_than_the_screen_with_any_values(
    chromium: Browser, page: Path, screen: Screen
) -> None:
    chromium.show(page, screen)
    check_width(chromium, screen)


@pytest.mark.promise("RGT-9")
@pytest.mark.parametrize("language", [Language.SERBIAN_LATIN, Language.SERBIAN_CYRILLIC])
@pytest.mark.parametrize("screen", [PHONE, DESKTOP, SMALL_PHONE], ids=lambda s: str(s.width))
def test_page_in_serbian_fits_the_screen(
    chromium: Browser, tmp_path: Path, screen: Screen, language: Language
) -> None:
    (page := tmp_path / "index.html").write_text(
        exports.a_page(exports.an_about(language=language)), encoding="utf-8"
    )
    chromium.show(page, screen)
    check_width(chromium, screen)
    assert chromium.value("document.documentElement.lang") == language


@pytest.mark.promise("RGT-1")
@pytest.mark.parametrize("name", SCREENS)
def test_page_is_drawn_in_the_colours_that_the_reader_prefers(
    chromium: Browser, page: Path, name: str
) -> None:
    chromium.show(page, SCREENS[name])
    check_colours(chromium, SCREENS[name], name)


@pytest.mark.promise("RGT-1")
@pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_values_are_visible_on_the_page(chromium: Browser, page: Path, screen: Screen) -> None:
    seen = evaluate(chromium, page, screen, "document.body.innerText")
    for text in ("Mila Petrović", "+381601234567", "See you at nine", exports.SCRIPT, "4,218 records"):
        assert text in seen
    for odd in ("gnp.erutcip⟨U+202E⟩gpj.exe", "half a character ⟨U+D83D⟩"):
        assert odd in seen


def test_hostile_values_run_no_script_and_load_nothing(chromium: Browser, page: Path) -> None:
    assert evaluate(chromium, page, DESKTOP, "document.title") == "Your data at RU4M"
    assert chromium.value("document.querySelectorAll('h1, script, img').length") == 1
    assert chromium.asked == [page.as_uri()]


@pytest.mark.parametrize(
    "markup",
    [
        "<img src=https://tracker.example/x>",
        "<link rel=stylesheet href=https://tracker.example/x.css>",
        "<script>document.title = 'hurt'</script>",
        "<style>body{background:url(https://tracker.example/x)}</style>",
        "<iframe src=https://tracker.example/></iframe>",
    ],
)
def test_policy_blocks_markup_that_was_not_escaped(chromium: Browser, tmp_path: Path, markup: str) -> None:
    broken = tmp_path / "index.html"
    broken.write_text(exports.a_page().replace("</main>", f"{markup}</main>"), encoding="utf-8")
    assert evaluate(chromium, broken, DESKTOP, "document.title") == "Your data at RU4M"
    assert [address for address in chromium.asked if "tracker.example" in address] == []


def test_row_on_a_phone_is_a_stack_of_labelled_values(chromium: Browser, page: Path) -> None:
    cell = "document.querySelector('section[aria-labelledby=kind-known_device] td')"
    shown = f"[getComputedStyle({cell}).display, getComputedStyle({cell}, '::before').content]"
    assert evaluate(chromium, page, PHONE, shown) == ["block", '"Session ID"']
    assert evaluate(chromium, page, DESKTOP, shown) == ["table-cell", "none"]


def test_stacked_row_is_a_table_row_for_a_screen_reader(chromium: Browser, page: Path) -> None:
    chromium.show(page, PHONE)
    roles = [node["role"]["value"] for node in chromium.call("Accessibility.getFullAXTree")["nodes"]]
    assert {"table", "row", "columnheader", "cell", "navigation", "main"} <= {*roles}


def test_page_prints_in_light_colours_and_without_its_navigation(chromium: Browser, page: Path) -> None:
    chromium.show(page, replace(DESKTOP, dark=True))
    check_print(chromium)


@pytest.mark.promise("RGT-1")
def test_list_of_kinds_without_records_is_folded_on_a_screen_and_open_on_paper(
    chromium: Browser, page: Path
) -> None:
    visible = "document.querySelector('details li').checkVisibility()"
    assert evaluate(chromium, page, PHONE, visible) is False
    chromium.call("Emulation.setEmulatedMedia", media="print")
    assert chromium.value(visible) is True
    chromium.call("Emulation.setEmulatedMedia", media="")


def press(chromium: Browser, key: str, code: int, text: str = "") -> None:
    for kind in ("keyDown", "keyUp"):
        chromium.call("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, text=text)


def test_keyboard_skips_to_the_records_and_unfolds_the_list(chromium: Browser, page: Path) -> None:
    chromium.show(page, DESKTOP)
    press(chromium, "Tab", 9)
    press(chromium, "Enter", 13, "\r")
    assert chromium.value("location.hash") == "#records"
    chromium.value("document.querySelector('summary').focus()")
    press(chromium, "Enter", 13, "\r")
    assert chromium.value("document.querySelector('details').open") is True
