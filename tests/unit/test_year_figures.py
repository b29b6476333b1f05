"""The yearly figures: what counts where, and which averages are published (ADR 53)."""

from __future__ import annotations

import statistics
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.operations.reports.figures import (
    BREACHES,
    BreachResult,
    DaysToAnswer,
    DisclosureResult,
    RequestResult,
    YearCounts,
    YearFigures,
    as_json,
)
from chalicelib.operations.reports.hidden_cells import LEAST, TOTAL
from chalicelib.rights.complaints.model import Complainant, ComplaintOutcome
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
    add(counts, Right.ACCESS, Status.CANCELLED, *[2] * 10)
    expected = DaysToAnswer(round(statistics.fmean(days), 1), statistics.median(days))
    assert figures(counts).days[Right.ACCESS] == expected
    assert figures(counts).days[TOTAL] == expected


def test_exact_figures_of_an_officer_hide_nothing() -> None:
    counts = YearCounts()
    add(counts, Right.ACCESS, Status.COMPLETED, 1, 2, 9)
    add(counts, Right.ERASURE, Status.REFUSED, 4)
    counts.add_breach(authority=True, people=False)
    shown = counts.exact(2026, LAST, date(2027, 1, 15))
    assert shown.requests[Right.ACCESS, RequestResult.COMPLIED] == 3
    assert shown.requests[TOTAL, TOTAL] == 4
    assert shown.breaches[BREACHES, BreachResult.AUTHORITY] == 1
    assert shown.days[Right.ACCESS] == DaysToAnswer(4.0, 2.0)
    assert shown.days[Right.ERASURE] == DaysToAnswer(4.0, 4.0)
    assert shown.days[TOTAL] == DaysToAnswer(4.0, 3.0)
    assert shown.days[Right.OBJECTION] == DaysToAnswer()
    every = (shown.requests, shown.complaints, shown.disclosures, shown.breaches)
    assert not [cell for cells in every for cell, count in cells.items() if count is None]


def test_average_of_all_rights_discloses_no_average_of_fewer_than_ten_answers() -> None:
    counts = YearCounts()
    add(counts, Right.ERASURE, Status.PARTIALLY_COMPLETED, *[5] * 30)
    assert figures(counts).days[Right.ERASURE] == DaysToAnswer(5.0, 5.0)
    add(counts, Right.ACCESS, Status.PARTIALLY_COMPLETED, *[29] * 3)
    add(counts, Right.OBJECTION, Status.COMPLETED, *[29] * 3)
    shown = figures(counts).days
    assert shown[TOTAL] == DaysToAnswer(9.0, 5.0)
    # With the mean of erasures, that of the six others would be the rest of the mean of all.
    assert {days for row, days in shown.items() if row != TOTAL} == {DaysToAnswer()}


@pytest.mark.promise("RET-4")
def test_median_does_not_disclose_whether_a_hidden_count_is_even() -> None:
    counts = YearCounts()
    # 3 or 2 days: only an even number of answers has a median of 2.5.
    add(counts, Right.ACCESS, Status.COMPLETED, *[2] * 8, *[3] * 4)
    add(counts, Right.ACCESS, Status.PARTIALLY_COMPLETED, *[3] * 4)
    add(counts, Right.ACCESS, Status.CANCELLED, *[1] * 14)
    add(counts, Right.ERASURE, Status.COMPLETED, *[2] * 40)
    add(counts, Right.ERASURE, Status.PARTIALLY_COMPLETED, *[2] * 20)
    add(counts, Right.ERASURE, Status.CANCELLED, *[2] * 30)
    shown = figures(counts)
    assert shown.requests[Right.ACCESS, RequestResult.IN_PART] is None
    assert shown.days[Right.ACCESS] == DaysToAnswer()


CELLS = st.dictionaries(
    st.tuples(
        st.sampled_from((Right.ACCESS, Right.ERASURE, Right.OBJECTION)),
        st.sampled_from((Status.COMPLETED, Status.PARTIALLY_COMPLETED, Status.REFUSED, Status.CANCELLED)),
    ),
    st.one_of(st.integers(0, 13), st.just(9), st.integers(10, 40)),
)


@pytest.mark.promise("RET-4")
@given(CELLS)
def test_average_is_published_by_what_the_published_counts_show(
    cells: dict[tuple[Right, Status], int],
) -> None:
    """So neither an average nor its absence adds to what a reader knows of a hidden count."""
    counts = YearCounts()
    for (right, status), number in cells.items():
        add(counts, right, status, *[3] * number)
    shown = figures(counts)

    def answers(row: str) -> int:
        """Return the number of answers that the counts of a row show; 0 if they do not show it."""
        complied, in_part, denied, withdrawn, opened, total = (
            shown.requests[row, one] for one in (*RequestResult, TOTAL)
        )
        if complied is not None and in_part is not None and denied is not None:
            return complied + in_part + denied
        if total is not None and withdrawn is not None and opened is not None:
            return total - withdrawn - opened
        return 0

    averaged = {row for row, days in shown.days.items() if days != DaysToAnswer()}
    enough = {row: answers(row) for row in shown.days if answers(row) >= LEAST}
    assert averaged <= enough.keys()
    assert (TOTAL in averaged) == (TOTAL in enough)
    missing = enough.keys() - averaged
    own = {row: number for row, number in enough.items() if row != TOTAL}
    assert missing == set() or 0 < enough[TOTAL] - sum(own.values()) < LEAST


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
def test_complaints_are_published_from_ten(number: int, published: int | None) -> None:
    counts = YearCounts()
    for _ in range(number):
        counts.add_complaint(Complainant.AUTHORITY, ComplaintOutcome.UPHELD)
    assert figures(counts).complaints[Complainant.AUTHORITY, "upheld"] == published


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
