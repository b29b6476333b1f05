"""The yearly figures: what counts where, and which averages are published (ADR 53)."""

from __future__ import annotations

import statistics
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.operations.reports.figures import (
    BREACHES,
    DaysToAnswer,
    DisclosureResult,
    RequestResult,
    YearCounts,
    YearFigures,
    as_json,
)
from chalicelib.operations.reports.hidden_cells import TOTAL
from chalicelib.rights.request.terms import ReceivedBy, Right, Status
from chalicelib.staff.disclosures.model import DisclosureGround, DisclosureStatus

NEW_YEAR, LAST = date(2026, 1, 1), date(2026, 12, 31)


def add(
    counts: YearCounts, right: Right, status: Status, *days: int, by: ReceivedBy = ReceivedBy.APP
) -> None:
    """Add a request that was decided after each of these numbers of days."""
    for number in days:
        counts.add_request(right, by, status, NEW_YEAR, NEW_YEAR + timedelta(days=number))


def figures(counts: YearCounts) -> YearFigures:
    return counts.publish(2026, LAST, date(2027, 1, 15))


def test_each_status_counts_as_one_result_and_closed_idle_accounts_do_not_count() -> None:
    counts = YearCounts()
    for status in (Status.COMPLETED, Status.PARTIALLY_COMPLETED, Status.REFUSED, Status.CANCELLED):
        add(counts, Right.ACCESS, status, *[3] * 10)
    add(counts, Right.ACCESS, Status.AWAITING_REVIEW, *[3] * 10)
    add(counts, Right.ERASURE, Status.COMPLETED, *[3] * 10, by=ReceivedBy.INACTIVITY)
    shown = as_json(figures(counts))["requests"]
    assert isinstance(shown, dict)
    assert shown["access"] == {
        "complied": 10, "in_part": 10, "denied": 10, "withdrawn": 10, "open": 10, "total": 50,
    }  # fmt: skip
    assert shown["erasure"]["total"] == 0
    assert shown["total"]["total"] == 50


@given(st.lists(st.integers(0, 90), min_size=10, max_size=60))
def test_mean_and_median_are_those_of_all_answers(days: list[int]) -> None:
    counts = YearCounts()
    add(counts, Right.ACCESS, Status.COMPLETED, *days)
    add(counts, Right.ACCESS, Status.CANCELLED, 1, 2, 3)
    expected = DaysToAnswer(round(statistics.fmean(days), 1), statistics.median(days))
    assert figures(counts).days[Right.ACCESS] == expected
    assert figures(counts).days[TOTAL] == expected


def test_average_of_all_rights_discloses_no_average_of_fewer_than_ten_answers() -> None:
    counts = YearCounts()
    add(counts, Right.ACCESS, Status.COMPLETED, *[5] * 30)
    add(counts, Right.OBJECTION, Status.COMPLETED, *[7] * 12)
    assert figures(counts).days[Right.OBJECTION] == DaysToAnswer(7.0, 7.0)
    add(counts, Right.ERASURE, Status.REFUSED, 29)
    shown = figures(counts).days
    assert shown[Right.ACCESS] == DaysToAnswer(5.0, 5.0)
    assert shown[TOTAL] == DaysToAnswer(6.1, 5.0)
    # With the mean of objections, that of the one erasure would be the rest of the mean of all.
    assert shown[Right.ERASURE] == shown[Right.OBJECTION] == DaysToAnswer()


def test_average_of_all_rights_is_published_from_ten_answers() -> None:
    counts = YearCounts()
    add(counts, Right.ACCESS, Status.COMPLETED, *[5] * 9)
    assert figures(counts).days[TOTAL] == DaysToAnswer()
    add(counts, Right.ERASURE, Status.REFUSED, 5)
    assert figures(counts).days[TOTAL] == DaysToAnswer(5.0, 5.0)


def test_disclosures_count_by_ground_and_breaches_by_whom_was_notified() -> None:
    counts = YearCounts()
    for _ in range(11):
        counts.add_disclosure(DisclosureGround.COURT_ORDER, DisclosureStatus.APPROVED, given=True)
    for _ in range(12):
        counts.add_disclosure(DisclosureGround.COURT_ORDER, DisclosureStatus.REFUSED, given=False)
    for _ in range(13):
        counts.add_disclosure(DisclosureGround.COURT_ORDER, DisclosureStatus.WITHDRAWN, given=False)
    for authority, people, number in ((True, True, 11), (True, False, 12), (False, True, 13)):
        for _ in range(number):
            counts.add_breach(authority=authority, people=people)
    counts.add_disclosure(DisclosureGround.STATUTORY_DUTY, DisclosureStatus.PROPOSED, given=False)
    shown = figures(counts)
    of_courts = [shown.disclosures[DisclosureGround.COURT_ORDER, what] for what in DisclosureResult]
    assert of_courts == [11, 12, 13, 0]
    assert shown.disclosures[DisclosureGround.STATUTORY_DUTY, "open"] is None
    assert {cell[1]: count for cell, count in shown.breaches.items() if cell[0] == BREACHES} == {
        "both": 11, "authority": 12, "people": 13, "nobody": 0, TOTAL: 36,
    }  # fmt: skip


@pytest.mark.promise("RET-4")
@pytest.mark.parametrize(("number", "published"), [(9, None), (10, 10)])
def test_disclosures_are_published_from_ten(number: int, published: int | None) -> None:
    counts = YearCounts()
    for _ in range(number):
        counts.add_disclosure(DisclosureGround.COURT_ORDER, DisclosureStatus.APPROVED, given=True)
    assert figures(counts).disclosures[DisclosureGround.COURT_ORDER, DisclosureResult.GIVEN] == published


@pytest.mark.promise("RET-4")
@pytest.mark.parametrize(("number", "published"), [(9, None), (10, 10)])
def test_breaches_are_published_from_ten(number: int, published: int | None) -> None:
    counts = YearCounts()
    for _ in range(number):
        counts.add_breach(authority=True, people=True)
    assert figures(counts).breaches[BREACHES, "both"] == published


@pytest.mark.promise("RET-4")
@pytest.mark.parametrize(("number", "published"), [(9, None), (10, 10)])
def test_requests_are_published_from_ten(number: int, published: int | None) -> None:
    counts = YearCounts()
    add(counts, Right.ACCESS, Status.REFUSED, *[3] * number)
    assert figures(counts).requests[Right.ACCESS, RequestResult.DENIED] == published
