"""A year of requests, complaints, disclosures and breaches, some figures of which stay unpublished."""

from datetime import date, timedelta

from chalicelib.operations.reports.figures import YearCounts, YearFigures
from chalicelib.rights.complaints.model import Complainant, ComplaintOutcome
from chalicelib.rights.request.terms import ReceivedBy, Right, Status
from chalicelib.staff.disclosures.model import DisclosureGround, DisclosureStatus

_BEGIN = date(2026, 1, 1)
_REQUESTS = {
    Right.ACCESS: (1204, 31, 14),
    Right.PORTABILITY: (212, 3, 0),
    Right.RECTIFICATION: (88, 12, 21),
    Right.ERASURE: (934, 57, 10),
    Right.RESTRICTION: (11, 2, 1),
    Right.OBJECTION: (40, 0, 16),
    Right.MARKETING_OBJECTION: (3120, 0, 0),
    Right.CONSENT_WITHDRAWAL: (7, 0, 0),
}


def a_year(last: date = date(2026, 12, 31)) -> YearFigures:
    """The figures of a year with many requests, of which a few are rare."""
    counts = YearCounts()
    for right, numbers in _REQUESTS.items():
        for status, number in zip(
            (Status.COMPLETED, Status.PARTIALLY_COMPLETED, Status.REFUSED), numbers, strict=True
        ):
            for n in range(number):
                counts.add_request(right, ReceivedBy.APP, status, _BEGIN, _BEGIN + timedelta(days=n % 27))
    for n in range(23):
        counts.add_request(Right.ACCESS, ReceivedBy.LETTER, Status.CANCELLED, _BEGIN, None)
        counts.add_disclosure(DisclosureGround.COURT_ORDER, DisclosureStatus.APPROVED, given=n != 0)
    for n in range(27):
        counts.add_complaint(
            Complainant.PERSON, ComplaintOutcome.UPHELD if n % 2 else ComplaintOutcome.REJECTED
        )
    counts.add_complaint(Complainant.AUTHORITY, None)
    counts.add_disclosure(DisclosureGround.DANGER_TO_PEOPLE, DisclosureStatus.REFUSED, given=False)
    counts.add_breach(authority=True, people=False)
    return counts.publish(2026, last, date(2027, 1, 15))
