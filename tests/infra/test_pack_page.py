"""The first page of a regulator pack in a browser: phone, desktop, dark, paper. Pictures: build/pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.local.chromium import DESKTOP, PHONE, Browser
from infra.ops.reports import cover
from infra.ops.reports.archive import PackedFile
from tests.support.pages.layout import SCREENS, SMALL_PHONE, check_colours, check_print, check_width


@pytest.fixture
def page(tmp_path: Path) -> Path:
    facts = {
        "stage": "staging",
        "version": "0.1.0",
        "controller": "RU4M d.o.o. <b>",
        "report": "report_1",
        "period": {"first": "2026-11-01", "last": "2026-11-24", "zone": "Europe/Belgrade"},
        "made_at": "2026-11-24T12:00:00Z",
    }
    files = [
        PackedFile("record-of-processing.json", "the record of processing, Art. 30(1) GDPR", 1, "0" * 64)
    ]
    ledger = {"findings": ["Tampered: chain a"], "requests": {"in_period": 9, "verified": 5, "every": 2}}
    shown = cover.page(facts, files, {files[0].path: 1204}, ledger, 1)
    (path := tmp_path / cover.PATH).write_text("".join(shown), encoding="utf-8")
    return path


def test_page_fits_each_screen_in_its_colours_and_asks_for_nothing(chromium: Browser, page: Path) -> None:
    for screen in (PHONE, DESKTOP, SMALL_PHONE):
        chromium.show(page, screen)
        check_width(chromium, screen)
    for name, screen in SCREENS.items():
        chromium.show(page, screen)
        check_colours(chromium, screen, f"pack-{name}")
    check_print(chromium)
    assert {*chromium.asked} == {page.as_uri()}
    assert chromium.value("document.querySelector('h1').textContent") == "Regulator pack of RU4M d.o.o. <b>"
