"""The days by which something has to be reviewed: agreements, certificates and measures (SEC-3, STR-7).

One list, which the record of processing and `python -m infra.ops recipients reviews` show. A daily job
reports in a metric how many are due: each from 30 days before its day on, until a commit changes the day.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from chalicelib.core import clock, metrics
from chalicelib.core.metrics import Metric
from chalicelib.privacy.measures import MEASURES
from chalicelib.privacy.recipients import Agreement, Certificate, Recipient

NOTICE = timedelta(days=30)


@dataclass(frozen=True, order=True)
class Review:
    """A day, and what has to be reviewed by then."""

    by: date
    what: str


def declared() -> list[Review]:
    """All reviews, the next one first."""
    return sorted((*_of_recipients(), *(Review(one.review_by, one.words) for one in MEASURES)))


def due(on: date) -> list[Review]:
    """The reviews that are late on a day, or near."""
    return [one for one in declared() if on >= one.by - NOTICE]


def report_due() -> int:
    """Report the number of reviews that are due today, zero included, and return it."""
    number = len(due(clock.now().date()))
    metrics.gauge(Metric.REVIEWS_DUE, number)
    return number


def _of_recipients() -> Iterator[Review]:
    for recipient in Recipient:
        agreement, certificates = recipient.entry.agreement, recipient.entry.certificates
        reviewed: tuple[Agreement | Certificate, ...] = (*filter(None, (agreement,)), *certificates)
        yield from (Review(one.review_by, f"{recipient.label}: {one.name}") for one in reviewed)
