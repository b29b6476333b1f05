"""The yearly figures, as they may be published: requests, complaints, disclosures and breaches. Pure.

- A request counts in the year of its receipt, whatever its channel. An idle account that was closed is no
  request (RET-5), and is not counted.
- A request that its subject cancelled is withdrawn: it has no answer.
- The time to answer is in calendar days from the day of receipt to that of the decision, in the controller's
  zone. It includes the days in which the deadline stood still.
- The mean and the median of all rights are published if there are at least ten answers, and if their number
  follows from the published counts. So are those of a right. Else a median of 2.5, which only an even number
  of answers can have, would halve the possible values of a hidden count. If the answers without published
  means would be fewer than ten, the right with the fewest answers gets none either: else the mean of all
  would disclose that of the few.
- A disclosure counts in the year of its proposal, which is when the request of the authority was recorded.
- A complaint counts in the year of its receipt, by who complained and how it was decided.
- A breach counts in the year in which it was discovered.
- `YearCounts.exact` hides nothing. Its figures are for the officer, and no page is made of them.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from statistics import fmean, median

from chalicelib.operations.reports.hidden_cells import LEAST, TOTAL, Cell, CountTable, published
from chalicelib.rights.complaints.model import Complainant, ComplaintOutcome
from chalicelib.rights.request.terms import ReceivedBy, Right, Status
from chalicelib.staff.disclosures.model import DisclosureGround, DisclosureStatus


class RequestResult(StrEnum):
    """How a request ended."""

    COMPLIED = "complied"
    IN_PART = "in_part"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    OPEN = "open"


class DisclosureResult(StrEnum):
    """What followed from a request for data."""

    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    OPEN = "open"


class BreachResult(StrEnum):
    """The notifications of a breach so far: to an authority, to the people affected, to both, or none."""

    NOBODY = "nobody"
    AUTHORITY = "authority"
    PEOPLE = "people"
    BOTH = "both"


ANSWERED = (RequestResult.COMPLIED, RequestResult.IN_PART, RequestResult.DENIED)
_RESULTS = {
    Status.COMPLETED: RequestResult.COMPLIED,
    Status.PARTIALLY_COMPLETED: RequestResult.IN_PART,
    Status.REFUSED: RequestResult.DENIED,
    Status.CANCELLED: RequestResult.WITHDRAWN,
}
# By whether an authority was notified, and whether the people were.
_NOTIFIED = {
    (False, False): BreachResult.NOBODY,
    (True, False): BreachResult.AUTHORITY,
    (False, True): BreachResult.PEOPLE,
    (True, True): BreachResult.BOTH,
}
BREACHES = "breaches"
OPEN = "open"

Published = Mapping[Cell, int | None]


@dataclass(frozen=True)
class DaysToAnswer:
    """The mean, to one decimal, and the median of the days to answer; None if they are not published."""

    mean: float | None = None
    median: float | None = None


@dataclass(frozen=True)
class YearFigures:
    """The figures of a year, as they may be published or exact.

    Attributes:
        last: the last day that they cover; before the year is over, that of the report.
        requests: by right and result.
        days: by right, and under TOTAL of all rights.
        complaints: by complainant, and outcome or OPEN.
        disclosures: by ground and result.
        breaches: in one row, by result.
    """

    year: int
    last: date
    made_on: date
    requests: Published
    days: Mapping[str, DaysToAnswer]
    complaints: Published
    disclosures: Published
    breaches: Published

    @property
    def is_whole(self) -> bool:
        """Return whether the figures cover the whole year."""
        return self.last == date(self.year, 12, 31)


@dataclass
class YearCounts:
    """The counts of a year, to which records are added one at a time: their number does not matter."""

    _requests: Counter[Cell] = field(default_factory=Counter)
    _days: dict[Right, Counter[int]] = field(default_factory=lambda: {right: Counter() for right in Right})
    _complaints: Counter[Cell] = field(default_factory=Counter)
    _disclosures: Counter[Cell] = field(default_factory=Counter)
    _breaches: Counter[Cell] = field(default_factory=Counter)

    def add_request(
        self, right: Right, received_by: ReceivedBy, status: Status, received: date, answered: date | None
    ) -> None:
        """Count a request, with the days of its receipt and its answer."""
        if received_by is ReceivedBy.INACTIVITY:
            return
        result = _RESULTS.get(status, RequestResult.OPEN)
        self._requests[right, result] += 1
        if result in ANSWERED and answered:
            self._days[right][max((answered - received).days, 0)] += 1

    def add_complaint(self, complainant: Complainant, outcome: str | None) -> None:
        """Count a complaint; `outcome` None: it is not decided."""
        self._complaints[complainant, outcome or OPEN] += 1

    def add_disclosure(self, ground: DisclosureGround, status: DisclosureStatus, *, given: bool) -> None:
        """Count a disclosure; `given`: its data went out."""
        match status:
            case DisclosureStatus.REFUSED:
                result = DisclosureResult.REFUSED
            case DisclosureStatus.WITHDRAWN:
                result = DisclosureResult.WITHDRAWN
            case _:
                result = DisclosureResult.GIVEN if given else DisclosureResult.OPEN
        self._disclosures[ground, result] += 1

    def add_breach(self, *, authority: bool, people: bool) -> None:
        """Count a breach by its notifications; `people`: all of them were notified."""
        result = _NOTIFIED[authority, people]
        self._breaches[BREACHES, result] += 1

    def publish(self, year: int, last: date, made_on: date) -> YearFigures:
        """Return the figures as they may be published."""
        return self._figures(year, last, made_on, published, LEAST)

    def exact(self, year: int, last: date, made_on: date) -> YearFigures:
        """Return all figures, which are for the officer and never published."""
        return self._figures(year, last, made_on, lambda table: table.cells, 1)

    def _figures(
        self, year: int, last: date, made_on: date, shown: Callable[[CountTable], Published], least: int
    ) -> YearFigures:
        requests = shown(CountTable(tuple(Right), tuple(RequestResult), self._requests))
        return YearFigures(
            year=year,
            last=last,
            made_on=made_on,
            requests=requests,
            days=_days_of(self._days, requests, least),
            complaints=shown(CountTable(tuple(Complainant), (*ComplaintOutcome, OPEN), self._complaints)),
            disclosures=shown(
                CountTable(tuple(DisclosureGround), tuple(DisclosureResult), self._disclosures)
            ),
            breaches=shown(CountTable((BREACHES,), tuple(BreachResult), self._breaches)),
        )


def as_json(figures: YearFigures) -> dict[str, object]:
    """The figures for programs; a figure that is not published is null."""
    return {
        "year": figures.year,
        "covers_until": figures.last.isoformat(),
        "made_on": figures.made_on.isoformat(),
        "not_published": "null: from 1 to 9, or such a figure could be computed from it",
        "requests": _nested(figures.requests),
        "days_to_answer": {name: vars(days) for name, days in figures.days.items()},
        "complaints": _nested(figures.complaints),
        "disclosures": _nested(figures.disclosures),
        "breaches": _nested(figures.breaches)[BREACHES],
    }


def _days_of(by_right: Mapping[Right, Counter[int]], shown: Published, least: int) -> dict[str, DaysToAnswer]:
    """The averages whose number of answers a reader of the counts knows, and is at least `least`."""
    days: dict[str, Counter[int]] = {right: by_right[right] for right in Right}
    days[TOTAL] = sum(by_right.values(), Counter[int]())
    found = {row: _averages(of) for row, of in days.items() if _is_known(shown, row) and of.total() >= least}
    own = sorted(found.keys() - {TOTAL}, key=lambda right: (days[right].total(), right))
    while own and TOTAL in found and 0 < days[TOTAL].total() - sum(days[one].total() for one in own) < least:
        del found[own.pop(0)]
    return {row: found.get(row, DaysToAnswer()) for row in days}


def _is_known(shown: Published, row: str) -> bool:
    """Whether the number of answers in a row follows from its published counts."""
    others = (TOTAL, *(one for one in RequestResult if one not in ANSWERED))
    return any(all(shown[row, one] is not None for one in known) for known in (ANSWERED, others))


def _averages(days: Counter[int]) -> DaysToAnswer:
    each = [*days.elements()]
    return DaysToAnswer(round(fmean(each), 1), float(median(each)))


def _nested(cells: Published) -> dict[str, dict[str, int | None]]:
    found: dict[str, dict[str, int | None]] = {}
    for (row, column), count in cells.items():
        found.setdefault(str(row), {})[str(column)] = count
    return found
