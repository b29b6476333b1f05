"""Tests the picture of published figures."""

import json
import xml.etree.ElementTree as ET
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from chalicelib.privacy.purposes import Purpose
from chalicelib.usage import store
from chalicelib.usage.figures import Figure, Figures
from infra.deployment.account import AwsAccount
from infra.local import pictures
from infra.local.__main__ import app
from infra.ops.reports import plots
from infra.ops.reports.plots import as_svg
from tests.support.clouds.environment import REGION
from tests.support.world.world import World

FIRST = date(2026, 10, 20)
JOINED: dict[str, Any] = {"purpose": Purpose.ANALYTICS, "name": "meeting.joined", "platform": "ios"}
CRASHED: dict[str, Any] = {"purpose": Purpose.DIAGNOSTICS, "name": "app.crashed", "fault": "crash"}


def a_day(number: int, *figures: Figure) -> Figures:
    return Figures(
        day=FIRST + timedelta(days=number), published_at=datetime(2026, 11, 1, tzinfo=UTC), figures=figures
    )


def some_days() -> list[Figures]:
    """Return thirty days: a growing group, one with gaps, faults and a rest."""
    return [
        a_day(
            n,
            Figure(**JOINED, screen="meeting/lobby", accounts=40 + 3 * n, events=120 + 9 * n,
                   mean_duration_ms=2_340),
            *([Figure(**JOINED | {"platform": "android"}, accounts=10 + n, events=31)] if n % 3 else []),
            Figure(**CRASHED, app_version="2.4.0", platform="android", accounts=12, events=17),
            Figure(purpose=Purpose.ANALYTICS, accounts=14, events=51),
        )
        for n in range(30)
    ]  # fmt: skip


def texts(svg: str) -> list[str | None]:
    return [text.text for text in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]  # noqa: S314 - made here


def test_picture_is_well_formed_and_shows_the_numbers() -> None:
    shown = texts(as_svg(some_days()))
    assert {"meeting.joined", "meeting/lobby · ios", "127 accounts", "381 events, 2.3 s"} <= {*shown}
    assert {"app.crashed", "crash · 2.4.0 · android", "all others", "≥ 14 accounts"} <= {*shown}
    assert "Accounts per day, 20 Oct 2026 to 18 Nov 2026. Groups under 10 accounts are not shown." in shown


def test_each_day_with_a_published_group_has_a_bar() -> None:
    root = ET.fromstring(as_svg(some_days()))  # noqa: S314 - made here
    bars = [rect for rect in root.iter("{http://www.w3.org/2000/svg}rect") if rect.get("class") == "bar"]
    assert len(bars) == 30 + 20 + 30 + 30
    titles = [bar[0].text for bar in bars]
    assert titles[:2] == ["2026-10-20: 40 accounts, 120 events", "2026-10-21: 43 accounts, 129 events"]
    heights = [int(bar.get("height", "")) for bar in bars[:30]]
    assert heights == sorted(heights)
    assert heights[-1] == 34


def test_axes_state_dates_scale_and_columns() -> None:
    shown = texts(as_svg(some_days()))
    assert [text for text in shown if text and text.endswith(" 2026")][:5] == [
        "20 Oct 2026",
        "27 Oct 2026",
        "3 Nov 2026",
        "11 Nov 2026",
        "18 Nov 2026",
    ]
    assert {"127", "0", "accounts on each day (UTC)", "newest day with a figure"} <= {*shown}


def test_single_day_has_one_date() -> None:
    shown = texts(as_svg([a_day(0, Figure(**JOINED, accounts=10, events=12))]))
    assert shown.count("20 Oct 2026") == 1


def test_same_figures_make_the_same_picture() -> None:
    assert as_svg(some_days()) == as_svg(some_days())


def test_text_of_clients_cannot_inject_markup_into_the_picture() -> None:
    odd = "<script>&"
    assert odd in texts(as_svg([a_day(0, Figure(**JOINED | {"name": odd}, accounts=10, events=10))]))


def test_picture_without_a_published_day_states_that() -> None:
    assert "no day is published yet" in texts(as_svg([]))


@pytest.mark.promise("USE-6")
def test_picture_shows_published_days_only(world: World) -> None:
    for figures in some_days():
        store.publish(figures)
    found = plots.published(AwsAccount(REGION), "ru4m-test-usage", FIRST + timedelta(days=9), days=5)
    assert found == some_days()[5:10]


def test_command_without_a_local_cloud_says_how_to_start_one(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["plots", "--state", str(tmp_path / "none.json")])
    assert done.exit_code == 1
    assert "make run" in done.output


def test_command_draws_the_cloud_that_the_state_names(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, picture = tmp_path / "state.json", tmp_path / "usage.svg"
    state.write_text(json.dumps({"region": REGION, "aws_endpoint": "http://127.0.0.1:1"}))
    asked: list[AwsAccount] = []

    def found(account: AwsAccount, table: str, last: date, days: int) -> list[Figures]:
        asked.append(account)
        return some_days()

    monkeypatch.setattr(pictures, "published", found)
    done = CliRunner().invoke(app, ["plots", "--state", str(state), "--to", str(picture)])
    assert done.exit_code == 0
    assert (asked[0].region, asked[0].endpoint) == (REGION, "http://127.0.0.1:1")
    assert "127 accounts" in picture.read_text()
