"""What the tables of cases show: times in Belgrade, ages, why a case waits, and what an erasure kept."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
import time_machine
from rich.console import Console, RenderableType
from rich.table import Table

from chalicelib.rights.request.waits import WaitReason
from infra.ops.cases import erasures, tables

ID = "r_" + "0" * 26
CASE: dict[str, Any] = {
    "rights_request_id": ID, "user_id": "u_1", "right": "erasure", "status": "in_progress", "version": 3,
    "tries": 0, "received_at": "2026-11-24T10:01:00Z", "due_at": "2026-12-24T22:59:59Z", "days_left": 30,
    "missing": [], "clock_stands_still": False, "without_account": False, "steps": [],
    "staff": {}, "evidence": [], "runs_at": "2026-11-24T12:05:00Z",
}  # fmt: skip
ERASURE = CASE | {
    "step": "capture", "step_status": "in_progress", "since": "2026-11-24T11:00:00Z", "cancellable": True,
    "deleted": 0, "found_again": 0, "deleted_records": [],
}  # fmt: skip
CLOSED = {"status": "completed", "closed_at": "2026-11-24T11:30:00Z"}


def printed(*parts: RenderableType) -> str:
    console = Console(width=200)
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    return captured.get()


@pytest.mark.parametrize(
    ("instant", "shown"),
    [("2026-12-03T13:00:00Z", "2026-12-03 14:00 CET"), ("2026-07-03T22:30:00Z", "2026-07-04 00:30 CEST")],
)
def test_instant_is_shown_in_belgrade_with_its_zone(instant: str, shown: str) -> None:
    assert shown in printed(tables.facts("", [("at", instant)]))
    assert shown in printed(tables.table_of("", ("at",), [(instant,)]))


def test_tables_of_a_request_have_no_time_in_utc() -> None:
    entry = {
        "seq": 1,
        "at": "2026-11-24T11:00:00Z",
        "event": "frozen",
        "said": {"until": "2026-11-25T11:00:00Z"},
    }
    case = CASE | {
        "unreachable_since": "2026-11-24T11:00:00Z",
        "evidence": [entry],
        "waits_for": "aws_silent",
    }
    shown = printed(*tables.whole(case))
    assert ("00Z" in shown, "until=2026-11-25 12:00 CET" in shown) == (False, True)
    assert "00Z" not in printed(*erasures.whole(ERASURE), erasures.listed([ERASURE]))


@pytest.mark.parametrize(
    ("now", "age"), [("12:00:59", "1 h 59 min"), ("10:59:00", "58 min"), ("10:01:00", "0 min")]
)
def test_age_of_an_erasure_is_exact_to_the_minute(now: str, age: str) -> None:
    with time_machine.travel(f"2026-11-24T{now}Z", tick=False):
        assert age in printed(erasures.listed([ERASURE]))
        assert f", {age} ago" in printed(*erasures.whole(ERASURE))


def test_closed_request_shows_when_it_was_closed_and_no_deadline() -> None:
    case, erasure = (
        {name: one[name] for name in one if name != "days_left"} | CLOSED for one in (CASE, ERASURE)
    )
    one_line = str(tables.line(case))
    for shown in (one_line, printed(*tables.whole(case)), printed(*erasures.whole(erasure))):
        assert ("closed 2026-11-24 12:30 CET" in shown, "2026-12-24" in shown, "running" in shown) == (
            True,
            False,
            False,
        )
    listed = printed(tables.table_of("", ("",) * 6, [tables.open_request(case)]), erasures.listed([erasure]))
    assert (listed.count("2026-11-24"), "2026-12-24" in listed) == (
        3,
        False,
    )  # and since when its step is next


def test_reasons_of_a_list_are_counted_with_what_ends_them() -> None:
    cases = [CASE | {"waits_for": "stream_task"}] * 2 + [CASE]
    shown = printed(*tables.waits(cases)).splitlines()
    row = next(line for line in shown if "stream_task" in line)
    assert ("2" in row, WaitReason.STREAM_TASK.plainly in row, WaitReason.STREAM_TASK.ends in row) == (
        True,
    ) * 3
    assert list(tables.waits([CASE])) == []


@pytest.mark.parametrize("whole", [tables.whole, erasures.whole])
def test_what_an_erasure_kept_is_shown_with_ground_law_and_end(whole: Callable[..., Iterable[Table]]) -> None:
    kept = {
        "kind": "invoice",
        "count": 2,
        "ground": "legal_obligation",
        "law": "Law X",
        "until": "2036-12-31T23:00:00Z",
    }
    shown = printed(*whole(ERASURE | {"kept": [kept]}))
    row = next(line for line in shown.splitlines() if "invoice" in line)
    assert [
        text for text in ("2", "legal_obligation", "Law X", "2037-01-01 00:00 CET") if text not in row
    ] == []
